import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { HeadwayError } from '$lib/jobs/error.ts';
import type { BatchState } from '$lib/operations/batch/model.ts';
import batch from '$lib/operations/batch/run.server.ts';
import type { App } from '$lib/server/app.ts';
import { ended, makeApp, runsOf, start, temporaryFolder, until } from '../support/app.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { heldInBuffers } from '../support/memory.ts';
import { Gate, stepsThat } from '../support/operations.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, ERROR_LEVEL, expectProblem, keptLog, send } from './asking.ts';

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

async function serve(options: Parameters<typeof makeApp>[0] = {}) {
	const dataDir = temporaryFolder();
	const app = await makeApp({ dataDir, runs: runsOf(stepsThat(async () => ({ sum: 1 }))), ...options });
	const url = await serveRoutes(app, (request) => request.headers.get('x-owner') ?? 'local');
	const onDisk = () =>
		readdirSync(join(dataDir, 'artifacts'), { recursive: true, withFileTypes: true }).flatMap((entry) =>
			entry.isFile() ? [entry.name] : []
		);
	/** Files, half-written ones too, and keys that nobody owns. */
	const left = () => {
		const db = new Database(join(dataDir, 'headway.db'), { readonly: true });
		const loose = db.prepare('select path from loose_blobs').all();
		db.close();
		return [...onDisk(), ...loose];
	};
	/** Bytes of the one file that is being written. */
	const written = () => {
		const [part] = readdirSync(join(dataDir, 'artifacts'), { recursive: true, encoding: 'utf8' }).filter((name) =>
			name.endsWith('.part')
		);
		return part ? statSync(join(dataDir, 'artifacts', part)).size : 0;
	};
	const leavesNothing = () => expect.poll(left, { timeout: 5_000 }).toEqual([]);
	return { app, url, onDisk, left, written, leavesNothing };
}

const upload = (url: string, body: BodyInit, headers: Record<string, string> = {}, query = '') =>
	ask(`${url}/api/files${query}`, {
		method: 'POST',
		headers: { 'content-type': 'application/octet-stream', ...headers },
		body
	});

/** A request whose body a test sends piece by piece. */
function open(url: string, headers: Record<string, string | number>) {
	const request: ClientRequest = httpRequest(`${url}/api/files?name=slow.txt`, {
		method: 'POST',
		headers,
		agent: false
	});
	const answer = new Promise<IncomingMessage>((resolve, reject) => {
		request.on('response', resolve);
		request.on('error', reject);
	});
	answer.catch(() => undefined);
	onTestFinished(() => void request.destroy());
	const write = (bytes: string | Uint8Array) => new Promise<void>((resolve) => request.write(bytes, () => resolve()));
	return { request, answer, write };
}

const raw = { 'content-type': 'application/octet-stream' };
const form = { 'content-type': 'multipart/form-data; boundary=XX' };
const partHead = '--XX\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n';

describe('uploads', () => {
	test('CX-07 a file sent as the body is stored, listed, read and deleted', async () => {
		const { url, onDisk, leavesNothing } = await serve();
		const bytes = 'year,rain\n2024,12\n2025,14\n';
		const { status, headers, body } = await upload(url, bytes, {}, '?name=rain.csv');
		expect(status).toBe(201);
		expect(body).toEqual({
			...{ fileId: expect.stringMatching(/^file_[0-9a-f]{20}$/), name: 'rain.csv', mediaType: 'text/csv' },
			...{ size: bytes.length, sha256: sha256(bytes), createdAt: expect.any(Number) },
			url: `/api/files/${body.fileId}`
		});
		expect(headers.get('location')).toBe(body.url);
		const got = await fetch(url + body.url);
		expect(await got.text()).toBe(bytes);
		expect(got.headers.get('content-disposition')).toBe(`attachment; filename="rain.csv"; filename*=UTF-8''rain.csv`);
		expect((await ask(`${url}/api/files`)).body).toEqual({ files: [body], next: null });
		expect(onDisk()).toHaveLength(1);
		expect((await ask(url + body.url, { method: 'DELETE' })).status).toBe(204);
		expectProblem(await ask(url + body.url), { status: 404, code: 'not_found' });
		await leavesNothing();
	});

	test('CX-07 a form with one file is the same, whatever stands beside it', async () => {
		const { url } = await serve();
		const bytes = Buffer.alloc(3_000_000, 'abc\n');
		const data = new FormData();
		data.append('note', 'beside');
		data.append('file', new Blob([bytes]), 'Büro/../übersicht.txt');
		data.append('after', 'it');
		const { status, body } = await ask(`${url}/api/files`, { method: 'POST', body: data });
		expect(status).toBe(201);
		expect(body).toMatchObject({ name: 'übersicht.txt', mediaType: 'text/plain', size: bytes.length });
		expect(sha256(Buffer.from(await (await fetch(url + body.url)).arrayBuffer()))).toBe(sha256(bytes));
	});

	test.each([
		['?name=..%2F..%2Fetc%2Fpasswd', {}, 'passwd'],
		['?name=C:%5Ctemp%5Ca.txt', {}, 'a.txt'],
		['?name=a%00b%0D%0Ac.txt', {}, 'abc.txt'],
		['?name=photo%E2%80%AEgnp.exe', {}, 'photognp.exe'],
		['?name=..', {}, 'file'],
		['', {}, 'file'],
		['', { 'content-disposition': 'attachment; filename="plain name.txt"' }, 'plain name.txt'],
		['', { 'content-disposition': "attachment; filename=x; filename*=UTF-8''%E6%96%87.txt" }, '文.txt'],
		[`?name=${'x'.repeat(300)}.json`, {}, `${'x'.repeat(195)}.json`]
	])('DC-07 the name %s %o becomes %s', async (query, headers, name) => {
		const { url } = await serve();
		expect((await upload(url, 'x', headers, query)).body.name).toBe(name);
	});

	test('CX-07 an empty file is a file', async () => {
		const { url } = await serve();
		const { status, body } = await upload(url, '', {}, '?name=empty.txt');
		expect([status, body.size, body.sha256]).toEqual([201, 0, sha256('')]);
		expect(await (await fetch(url + body.url)).text()).toBe('');
	});

	test('IM-13 a file of 80 MB passes through without lying in memory', async () => {
		const { url, app } = await serve();
		const { answer, write, request } = open(url, raw);
		let most = 0;
		const before = heldInBuffers();
		for (let n = 0; n < 80; n += 1) {
			await write(Buffer.alloc(1024 * 1024, n));
			if (n % 8 === 7) most = Math.max(most, heldInBuffers() - before);
		}
		request.end();
		const stored = (await json(await answer)) as { size: number };
		expect(stored.size).toBe(80 * 1024 * 1024);
		expect(most).toBeLessThan(30 * 1024 * 1024);
		expect((await app.uploads.list('local')).rows).toHaveLength(1);
	}, 30_000);
});

describe('uploads that come to nothing', () => {
	const small = { env: { HEADWAY_MAX_UPLOAD: '100K' } };

	test.each([raw, form])('CX-07 one that says to be too large is refused before it is read (%o)', async (headers) => {
		const { url, leavesNothing } = await serve(small);
		const { answer, request } = open(url, { ...headers, 'content-length': 500_000_000 });
		request.flushHeaders();
		const response = await answer;
		expect(response.statusCode).toBe(413);
		expect(await json(response)).toMatchObject({ code: 'too_large', title: expect.stringContaining('100 KB') });
		await leavesNothing();
	});

	test.each([
		['as it is', raw, ''],
		['in a form', form, partHead]
	])('CX-07 one that turns out to be too large is refused and leaves nothing, %s', async (_, headers, head) => {
		const { url, leavesNothing } = await serve(small);
		const { answer, write } = open(url, headers);
		await write(head + 'x'.repeat(100 * 1024 + 1));
		const response = await answer;
		expect(response.statusCode).toBe(413);
		expect(await json(response)).toMatchObject({ code: 'too_large' });
		await leavesNothing();
	});

	test('CX-07 one of exactly the limit is taken', async () => {
		const { url } = await serve(small);
		expect((await upload(url, 'x'.repeat(100 * 1024))).status).toBe(201);
	});

	test.each([
		['as it is', raw, ''],
		['in a form', form, partHead]
	])('CX-14 a hang-up in the middle leaves nothing, %s', async (_, headers, head) => {
		const { url, app, onDisk, leavesNothing } = await serve();
		const { request, write } = open(url, headers);
		await write(head + 'x'.repeat(300_000));
		await expect.poll(onDisk, { timeout: 5_000 }).toEqual([expect.stringMatching(/\.part$/)]);
		request.destroy();
		await leavesNothing();
		expect((await app.uploads.list('local')).rows).toEqual([]);
	});

	test('CX-14 a silence of a minute ends it; slow but moving it goes on for as long as it takes', async () => {
		const clock = new FakeClock();
		const { url, left, written, leavesNothing } = await serve({ clock });
		const silent = open(url, raw);
		await silent.write('x'.repeat(300_000));
		await expect.poll(left, { timeout: 5_000 }).toHaveLength(2);
		await clock.advance(60_000);
		const refused = await silent.answer;
		expect([refused.statusCode, await json(refused)]).toMatchObject([
			400,
			{ title: expect.stringContaining('60 seconds') }
		]);
		await leavesNothing();

		const slow = open(url, raw);
		let sent = 0;
		for (; sent < 10; sent += 1) {
			await slow.write('x'.repeat(70_000));
			// It has come: from here on the silence is counted anew.
			await expect.poll(written, { timeout: 5_000 }).toBe((sent + 1) * 70_000);
			await clock.advance(50_000);
		}
		slow.request.end();
		expect(await json(await slow.answer)).toMatchObject({ size: sent * 70_000 });
	}, 20_000);

	test.each([
		['has no file', '--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--XX--\r\n'],
		['has two files', `${partHead}one\r\n${partHead}two\r\n--XX--\r\n`],
		['breaks off after its file', `${partHead}one\r\n--XX\r\nContent-Disposition: form-d`],
		['breaks off in its file', `${partHead}one`],
		['is no form', 'x'.repeat(1_000)]
	])('TS-15 a form that %s is refused in words and leaves nothing', async (_, body) => {
		const { url, app, leavesNothing } = await serve();
		expectProblem(await upload(url, body, form), { status: 400, code: 'bad_request' });
		await leavesNothing();
		expect((await app.uploads.list('local')).rows).toEqual([]);
	});

	test('TS-15 a form without a boundary, and a request without a file, are refused in words', async () => {
		const { url, leavesNothing } = await serve();
		const noBoundary = await upload(url, 'x', { 'content-type': 'multipart/form-data' });
		expectProblem(noBoundary, { status: 400, code: 'bad_request' });
		expectProblem(await ask(`${url}/api/files`, { method: 'POST' }), { status: 400, code: 'bad_request' });
		await leavesNothing();
	});

	test('AG-05 a page of another site can send no file', async () => {
		const { url, app } = await serve();
		const refused = await upload(url, 'x', { origin: 'https://stranger.example' });
		expectProblem(refused, { status: 403, code: 'forbidden_origin' });
		expect((await app.uploads.list('local')).rows).toEqual([]);
	});
});

describe('files and who may do what with them', () => {
	test('RS-01 a file of another owner is not there: not to read, to delete, to list or to refer to', async () => {
		const { url } = await serve({ runs: runsOf(referring(new Gate<void>())) });
		const { body } = await upload(url, 'secret', { 'x-owner': 'alice' });
		const mallory = { 'x-owner': 'mallory' };
		expectProblem(await ask(url + body.url, { headers: mallory }), { status: 404, code: 'not_found' });
		const removal = await ask(url + body.url, { method: 'DELETE', headers: mallory });
		expectProblem(removal, { status: 404, code: 'not_found' });
		expect((await ask(`${url}/api/files`, { headers: mallory })).body).toEqual({ files: [], next: null });
		const input = { pictures: [body.fileId] };
		expectProblem(await send(`${url}/api/jobs`, { operation: 'steps', input }, mallory), {
			status: 400,
			code: 'invalid_input',
			fields: ['input.pictures.0']
		});
		expect(await (await fetch(url + body.url, { headers: { 'x-owner': 'alice' } })).text()).toBe('secret');
	});

	test('OP-01 the list is newest first, page by page', async () => {
		const { url } = await serve();
		const ids: string[] = [];
		for (const name of ['a', 'b', 'c', 'd', 'e'])
			ids.unshift((await upload(url, name, {}, `?name=${name}`)).body.fileId);
		const pages = [];
		for (let next: string | null = ''; next !== null; next = pages.at(-1)?.body.next)
			pages.push(await ask(`${url}/api/files?limit=2${next && `&before=${next}`}`));
		expect(pages.map(({ body }) => body.files.length)).toEqual([2, 2, 1]);
		const listed = pages.flatMap(({ body }) => body.files) as { fileId: string; createdAt: number }[];
		expect(listed.map(({ fileId }) => fileId).toSorted()).toEqual(ids.toSorted());
		const times = listed.map(({ createdAt }) => createdAt);
		expect(times).toEqual(times.toSorted((a, b) => b - a));
		expectProblem(await ask(`${url}/api/files?before=nonsense`), { status: 400, code: 'bad_request' });
		expectProblem(await ask(`${url}/api/files?limit=0`), {
			status: 400,
			code: 'invalid_input',
			fields: ['query.limit']
		});
	});

	test('OP-01 a file that an unfinished job refers to stays until that has ended, and a run reads it', async () => {
		const gate = new Gate<void>();
		const { url, app } = await serve({ runs: runsOf(referring(gate)) });
		const { body } = await upload(url, 'twelve bytes');
		const { id } = await start(app, 'steps', { pictures: [body.fileId] });
		const refused = await ask(url + body.url, { method: 'DELETE' });
		expectProblem(refused, { status: 409, code: 'conflict' });
		expect(refused.body.title).toContain('a job with pictures');
		gate.open();
		expect(await ended(app, id)).toMatchObject({ result: { sum: 12 } });
		expect((await ask(url + body.url, { method: 'DELETE' })).status).toBe(204);
		expectProblem(await send(`${url}/api/jobs/${id}/retry`, {}), {
			status: 400,
			code: 'invalid_input',
			fields: ['input.pictures.0']
		});
	});

	test('OP-08 a file that only the parts of a batch refer to, which have not begun, stays as well', async () => {
		const gate = new Gate<void>();
		const { url, app } = await serve({ runs: runsOf(referring(gate), batch), env: { HEADWAY_MAX_UNFINISHED: '1' } });
		const [first, second] = [await upload(url, 'one'), await upload(url, 'second')];
		const inputs = [first, second].map(({ body }) => ({ pictures: [body.fileId] }));
		const { id } = (await send(`${url}/api/batches`, { operation: 'steps', inputs })).body;
		await until(app, id, ({ state }) => (state as BatchState).parts.length === 1);
		expectProblem(await ask(url + second.body.url, { method: 'DELETE' }), { status: 409, code: 'conflict' });
		gate.open();
		expect(await ended(app, id)).toMatchObject({ result: { succeeded: 2 } });
		expect((await ask(url + second.body.url, { method: 'DELETE' })).status).toBe(204);
	});

	test('BY-01 a job that an unfinished one refers to stays until that has ended: it may be read again', async () => {
		const gate = new Gate<void>();
		const { url, app } = await serve({ runs: runsOf(referring(gate)) });
		const { id: from } = await start(app, 'steps', { pictures: [] });
		await ended(app, from);
		const { id } = await start(app, 'steps', { pictures: [], from });
		const refused = await ask(`${url}/api/jobs/${from}`, { method: 'DELETE' });
		expectProblem(refused, { status: 409, code: 'conflict' });
		expect(refused.body.title).toContain('a job with pictures');
		gate.open();
		await ended(app, id);
		expect((await ask(`${url}/api/jobs/${from}`, { method: 'DELETE' })).status).toBe(204);
	});

	test('OP-01 an unknown job that an input refers to is named with its field', async () => {
		const { url } = await serve({ runs: runsOf(referring(new Gate<void>())) });
		const input = { pictures: [], from: 'job_0' };
		expectProblem(await send(`${url}/api/jobs`, { operation: 'steps', input }), {
			status: 400,
			code: 'invalid_input',
			fields: ['input.from']
		});
	});
});

/** An operation that refers to files and to a job; it waits for the gate, then adds up the sizes. */
function referring(gate: Gate<void>) {
	const input = z.strictObject({ pictures: z.array(z.string()), from: z.string().optional() });
	return stepsThat(
		async (ctx, given) => {
			const { pictures, from } = given as unknown as z.output<typeof input>;
			// What refers to nothing waits for nothing.
			if (from !== undefined || pictures.length > 0) await gate.passed;
			const files = await Promise.all(pictures.map((id) => ctx.file(id)));
			const bytes = await Promise.all(files.map((file) => file.bytes()));
			await expect(ctx.file('file_none')).rejects.toBeInstanceOf(HeadwayError);
			return { sum: bytes.reduce((sum, { byteLength }) => sum + byteLength, 0) };
		},
		{
			input,
			titleOf: () => 'a job with pictures',
			refersTo: ({ pictures, from }: z.output<typeof input>) => ({ files: pictures, jobs: from ? [from] : [] })
		}
	);
}

/** A server with one job that has ended with these files. */
async function serveArtifacts(...files: { name: string; mediaType: string; bytes: string }[]) {
	const filing = stepsThat(async (ctx) => {
		for (const file of files) await ctx.artifact(file);
		return { sum: files.length };
	});
	const { app, url } = await serve({ runs: runsOf(filing) });
	const { artifacts } = await ended(app, (await start(app, 'steps', {})).id);
	const get = (index: number, headers: Record<string, string> = {}, query = '', method = 'GET') =>
		fetch(`${url}${artifacts[index]?.url}${query}`, { method, headers });
	return { app, artifacts, get };
}

const digits = { name: 'digits.txt', mediaType: 'text/plain', bytes: '0123456789' };

describe('ranges', () => {
	test.each([
		['bytes=0-3', '0123', 'bytes 0-3/10'],
		['bytes=4-4', '4', 'bytes 4-4/10'],
		['bytes=7-', '789', 'bytes 7-9/10'],
		['bytes=-2', '89', 'bytes 8-9/10'],
		['bytes=-99', '0123456789', 'bytes 0-9/10'],
		['bytes=8-99', '89', 'bytes 8-9/10']
	])('CX-07 Range: %s gives %s', async (range, text, contentRange) => {
		const { get } = await serveArtifacts(digits);
		const response = await get(0, { range });
		expect(response.status).toBe(206);
		expect(await response.text()).toBe(text);
		expect(response.headers.get('content-range')).toBe(contentRange);
		expect(response.headers.get('content-length')).toBe(String(text.length));
	});

	test.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('CX-07 Range: %s is past the end: 416', async (range) => {
		const { get } = await serveArtifacts(digits);
		const response = await get(0, { range });
		expect(response.status).toBe(416);
		expect(response.headers.get('content-range')).toBe('bytes */10');
	});

	test.each(['bytes=3-1', 'bytes=a-b', 'lines=1-2', 'bytes=-', 'bytes=0-1,4-5'])(
		'CX-07 Range: %s is none that we serve: the whole file',
		async (range) => {
			const { get } = await serveArtifacts(digits);
			const response = await get(0, { range });
			expect([response.status, await response.text()]).toEqual([200, digits.bytes]);
			expect(response.headers.get('accept-ranges')).toBe('bytes');
		}
	);

	test('CX-07 If-Range: a range only of the version that the client has', async () => {
		const { get, artifacts } = await serveArtifacts(digits);
		const mine = { range: 'bytes=0-1', 'if-range': `"${artifacts[0]?.sha256}"` };
		expect((await get(0, mine)).status).toBe(206);
		for (const other of ['"other"', 'Wed, 21 Oct 2026 07:28:00 GMT', `W/"${artifacts[0]?.sha256}"`])
			expect((await get(0, { ...mine, 'if-range': other })).status).toBe(200);
	});

	test('CX-07 an uploaded file has ranges as well', async () => {
		const { url } = await serve();
		const { body } = await upload(url, digits.bytes);
		const response = await fetch(url + body.url, { headers: { range: 'bytes=2-4' } });
		expect([response.status, await response.text()]).toEqual([206, '234']);
	});
});

describe('how files are served', () => {
	test('IM-11 If-None-Match: 304 without a body for who has it, the file for who has another', async () => {
		const { get } = await serveArtifacts(digits);
		const first = await get(0);
		const etag = first.headers.get('etag') ?? '';
		expect(etag).toBe(`"${sha256(digits.bytes)}"`);
		expect(first.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
		for (const tags of [etag, `W/${etag}`, `"a", ${etag}`, '*']) {
			const again = await get(0, { 'if-none-match': tags });
			expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
		}
		expect((await get(0, { 'if-none-match': '"other"' })).status).toBe(200);
	});

	test('IM-11 HEAD says all that GET does, without the bytes and without a range', async () => {
		const { get } = await serveArtifacts(digits);
		const head = await get(0, { range: 'bytes=0-1' }, '', 'HEAD');
		expect([head.status, await head.text()]).toEqual([200, '']);
		expect(head.headers.get('content-length')).toBe('10');
		expect(head.headers.get('content-type')).toBe('text/plain; charset=utf-8');
	});

	test('IM-11 a picture that a job made is shown in place, as a download when asked; nothing else is ever shown', async () => {
		const types = ['image/png', 'image/jpeg', 'image/webp', 'image/svg+xml', 'text/html', 'application/pdf'];
		const { get } = await serveArtifacts(
			...types.map((mediaType, n) => ({ name: `file-${n}`, mediaType, bytes: 'x' }))
		);
		const shown = async (query: string) =>
			(await Promise.all(types.map((_, n) => get(n, {}, query)))).map(
				({ headers }) => headers.get('content-disposition')?.split(';')[0]
			);
		expect(await shown('')).toEqual(['inline', 'inline', 'inline', 'attachment', 'attachment', 'attachment']);
		expect(await shown('?download')).toEqual(types.map(() => 'attachment'));
		const { headers } = await get(4);
		expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
		expect(headers.get('x-content-type-options')).toBe('nosniff');
	});

	test('DC-07 an uploaded picture, SVG or page is only ever a download', async () => {
		const { url } = await serve();
		const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');
		for (const bytes of [png, '<svg xmlns="http://www.w3.org/2000/svg"/>', '<!doctype html><script>1</script>']) {
			const { body } = await upload(url, bytes);
			const { headers } = await fetch(url + body.url);
			expect(headers.get('content-disposition')).toMatch(/^attachment;/);
			expect(headers.get('content-security-policy')).toContain('sandbox');
			expect(headers.get('content-type')).not.toContain('svg');
		}
	});

	test('DC-07 a name that is no header, and a type that is none, become harmless', async () => {
		const { get } = await serveArtifacts({ name: 'a"b\r\nX: y (1)’.txt', mediaType: 'text/html\r\nx: y', bytes: 'x' });
		const { headers } = await get(0);
		expect(headers.get('content-disposition')).toBe(
			`attachment; filename="a_b__X_ y _1__.txt"; filename*=UTF-8''a%22b%0D%0AX%3A%20y%20%281%29%E2%80%99.txt`
		);
		expect(headers.get('content-type')).toBe('application/octet-stream');
		expect(headers.get('x')).toBeNull();
	});

	test('IR-10 while its job runs a file may still be replaced, and is asked for again', async () => {
		const gate = new Gate<void>();
		const work = stepsThat(async (ctx) => {
			await ctx.artifact(digits);
			await gate.passed;
			return { sum: 1 };
		});
		const { app, url } = await serve({ runs: runsOf(work) });
		const { id } = await start(app, 'steps', {});
		const address = `${url}/api/jobs/${id}/artifacts/digits.txt`;
		await expect.poll(async () => (await fetch(address)).status, { timeout: 5_000 }).toBe(200);
		expect((await fetch(address)).headers.get('cache-control')).toBe('private, no-cache');
		gate.open();
		await ended(app, id);
		expect((await fetch(address)).headers.get('cache-control')).toContain('immutable');
	});

	test('CX-07 bytes that the store has lost are a 404 in words', async () => {
		const { app, url, onDisk } = await serve();
		const { body } = await upload(url, 'x');
		loseEverything(app);
		expect(onDisk()).toEqual([]);
		expectProblem(await ask(url + body.url), { status: 404, code: 'not_found' });
	});
});

function loseEverything(app: App): void {
	const folder = join(app.config.dataDir, 'artifacts');
	expect(existsSync(folder)).toBe(true);
	for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

test('DC-06 a store that fails is said in words, to a sender and to a reader, and the log has the reason', async () => {
	const { log, lines } = keptLog();
	const dataDir = temporaryFolder();
	const { url } = await serve({ dataDir, log });
	const { body } = await upload(url, 'bytes');
	rmSync(join(dataDir, 'artifacts'), { recursive: true });
	writeFileSync(join(dataDir, 'artifacts'), 'no folder any more');
	for (const answer of [await upload(url, 'more'), await ask(url + body.url)]) {
		expectProblem(answer, { status: 503, code: 'unavailable' });
		expect(answer.body.title).toMatch(/^The file could not be (stored|read): the storage of the server failed\. /);
	}
	const reasons = lines.filter(({ level }) => level === ERROR_LEVEL).map((line) => JSON.stringify(line));
	expect(reasons).toEqual([expect.stringContaining('ENOTDIR'), expect.stringContaining('ENOTDIR')]);
});
