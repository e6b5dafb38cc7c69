import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { upload } from '$lib/client/upload.ts';
import type { Upload } from '$lib/components/form.ts';

type Answer = (req: IncomingMessage, res: ServerResponse, body: Buffer) => void;

/** A real server at the page's own origin, as far as the client can tell. */
async function serve(answer: Answer, onRequest: (req: IncomingMessage) => void = () => undefined): Promise<void> {
	const server = createServer((req, res) => {
		res.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', '*');
		if (req.method === 'OPTIONS') return void res.end();
		onRequest(req);
		const chunks: Buffer[] = [];
		req.on('data', (chunk: Buffer) => chunks.push(chunk));
		req.on('end', () => answer(req, res, Buffer.concat(chunks)));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const open = XMLHttpRequest.prototype.open;
	vi.spyOn(XMLHttpRequest.prototype, 'open').mockImplementation(function (this: XMLHttpRequest, method, url) {
		open.call(this, method, `${origin}${String(url)}`, true);
	});
	onTestFinished(() => void vi.restoreAllMocks());
}

const file = (size = 100_000, name = 'Büro & co.csv') => new File(['x'.repeat(size)], name, { type: 'text/csv' });
const watch = (facts: Partial<Parameters<Upload>[1]> = {}) => ({
	onProgress: () => undefined,
	signal: new AbortController().signal,
	...facts
});

test('CX-07 a file goes out under its name, its progress rises to 1, and what was stored comes back', async () => {
	const stored = { fileId: 'file_1', name: 'a', mediaType: 'text/csv', size: 100_000, url: '/api/files/file_1' };
	const seen: { url: string | undefined; type: string | undefined; size: number }[] = [];
	await serve(({ url, headers }, res, body) => {
		seen.push({ url, type: headers['content-type'], size: body.byteLength });
		res.writeHead(201).end(JSON.stringify(stored));
	});
	const fractions: number[] = [];
	// As a form gets it.
	const send: Upload = upload;
	expect(await send(file(), watch({ onProgress: (fraction) => fractions.push(fraction) }))).toEqual(stored);
	expect(seen).toEqual([
		{ url: '/api/files?name=B%C3%BCro%20%26%20co.csv', type: 'application/octet-stream', size: 100_000 }
	]);
	expect(fractions.at(-1)).toBe(1);
	expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
});

test.each([
	[413, JSON.stringify({ title: 'The file is larger than 1 GB.' }), 'The file is larger than 1 GB.'],
	[413, '<html>nginx</html>', 'The file is too large for this server or for a proxy before it.'],
	[502, 'Bad gateway', 'The file was not taken (status 502). Try again in a moment.']
])('TS-15 an answer %i is told in a sentence', async (status, body, sentence) => {
	await serve((_req, res) => void res.writeHead(status).end(body));
	await expect(upload(file(), watch())).rejects.toThrow(sentence);
});

test('TS-15 a connection that breaks is told in a sentence', async () => {
	await serve(
		() => undefined,
		(req) => req.socket.destroy()
	);
	await expect(upload(file(), watch())).rejects.toThrow('The server could not be reached.');
});

test('CX-07 an abort ends the request', async () => {
	const stop = new AbortController();
	let gone = () => {};
	const hungUp = new Promise<void>((resolve) => (gone = resolve));
	await serve(
		(req) => {
			req.once('close', () => undefined);
			req.socket.once('close', gone);
			stop.abort();
		},
		() => undefined
	);
	await expect(upload(file(), watch({ signal: stop.signal }))).rejects.toMatchObject({ name: 'AbortError' });
	await hungUp;
	await expect(upload(file(), watch({ signal: stop.signal }))).rejects.toThrow('The upload was stopped.');
});
