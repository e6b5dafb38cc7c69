import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

interface Problem {
	status: number;
	code: string;
	message?: string;
}

const fails = (status: number, code: string, message?: string): Problem => ({
	status,
	code,
	...(message ? { message } : {})
});

/** A server that speaks the wire of Vercel Blob as its client (2.8.0) does, for one private store. Its lists have two files to a page. */
export class VercelServer {
	readonly token = 'vercel_blob_rw_teststore_secret';
	readonly #folder: string;
	readonly #server: Server;
	/** Pathnames by their file in the folder. */
	readonly #files = new Map<string, string>();

	constructor(folder: string) {
		this.#folder = folder;
		this.#server = createServer((req, res) => void this.#answer(req, res));
	}

	async listen(): Promise<void> {
		await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** What lies in the folder and is no file of the store: parts of uploads that were not completed are invisible, as they are at Vercel. */
	pending(): string[] {
		const known = new Set(this.#files.values());
		return readdirSync(this.#folder).filter((name) => !known.has(name) && !name.startsWith('mpu-'));
	}

	/** Forgets everything. */
	clear(): void {
		this.#files.clear();
		for (const name of readdirSync(this.#folder)) rmSync(join(this.#folder, name), { recursive: true });
	}

	close(): void {
		this.#server.closeAllConnections();
		this.#server.close();
	}

	async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
		const url = new URL(req.url ?? '/', this.url);
		try {
			if (req.headers.authorization !== `Bearer ${this.token}`) throw fails(403, 'forbidden');
			if (url.pathname.startsWith('/store/')) return await this.#download(req, res, url.pathname.slice(7));
			const body = await this.#api(req, url);
			res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
		} catch (error) {
			const { status = 500, code = 'unknown_error', message } = error as Partial<Problem>;
			if (!res.headersSent) res.writeHead(status).end(JSON.stringify({ error: { code, message } }));
		}
	}

	async #api(req: IncomingMessage, url: URL): Promise<unknown> {
		const { method } = req;
		if (method === 'PUT') return this.#put(req, url.searchParams.get('pathname') ?? '');
		if (method === 'POST' && url.pathname === '/mpu')
			return this.#multipart(req, url.searchParams.get('pathname') ?? '');
		if (method === 'POST' && url.pathname === '/delete')
			return this.#delete(JSON.parse(await text(req)) as { urls: string[] });
		if (method === 'GET' && url.searchParams.has('url')) return this.#facts(url.searchParams.get('url') ?? '');
		if (method === 'GET') return this.#list(url.searchParams);
		throw fails(400, 'bad_request', 'Unknown call');
	}

	async #put(req: IncomingMessage, pathname: string) {
		this.#check(req, pathname);
		const name = `put-${randomBytes(6).toString('hex')}`;
		const path = join(this.#folder, name);
		try {
			await pipeline(req, createWriteStream(path));
		} catch (error) {
			rmSync(path, { force: true });
			throw error;
		}
		return this.#take(pathname, name);
	}

	#check(req: IncomingMessage, pathname: string): void {
		if (pathname === '' || pathname.includes('//')) throw fails(400, 'bad_request', 'Bad pathname');
		if (req.headers['x-vercel-blob-access'] !== 'private') throw fails(400, 'bad_request', 'This store is private');
		if (req.headers['x-add-random-suffix'] !== '0') throw fails(400, 'bad_request', 'A suffix was asked for');
		if (this.#files.has(pathname) && req.headers['x-allow-overwrite'] !== '1')
			throw fails(400, 'bad_request', 'This blob already exists');
	}

	#take(pathname: string, name: string) {
		const before = this.#files.get(pathname);
		if (before) rmSync(join(this.#folder, before));
		this.#files.set(pathname, name);
		return this.#facts(pathname);
	}

	async #multipart(req: IncomingMessage, pathname: string): Promise<unknown> {
		const { 'x-mpu-action': action, 'x-mpu-upload-id': id = '', 'x-mpu-part-number': number } = req.headers;
		this.#check(req, pathname);
		if (action === 'create') {
			const uploadId = randomBytes(6).toString('hex');
			mkdirSync(join(this.#folder, `mpu-${uploadId}`));
			return { uploadId, key: pathname };
		}
		const folder = join(this.#folder, `mpu-${String(id)}`);
		if (action === 'upload') {
			await pipeline(req, createWriteStream(join(folder, String(number))));
			return { etag: `"${String(number)}"` };
		}
		const parts = JSON.parse(await text(req)) as { partNumber: number; etag: string }[];
		return this.#complete(
			pathname,
			folder,
			parts.map(({ partNumber }) => join(folder, String(partNumber)))
		);
	}

	async #complete(pathname: string, folder: string, parts: string[]) {
		const whole = join(folder, 'whole');
		for (const part of parts) await pipeline(createReadStream(part), createWriteStream(whole, { flags: 'a' }));
		const name = `put-${randomBytes(6).toString('hex')}`;
		renameSync(whole, join(this.#folder, name));
		rmSync(folder, { recursive: true });
		return this.#take(pathname, name);
	}

	#delete({ urls }: { urls: string[] }): null {
		for (const pathname of urls) {
			const name = this.#files.get(pathname);
			if (name) rmSync(join(this.#folder, name));
			this.#files.delete(pathname);
		}
		return null;
	}

	#facts(pathname: string) {
		const name = this.#files.get(pathname);
		if (!name) throw fails(404, 'not_found');
		const url = `${this.url}/store/${pathname}`;
		const { size, mtime } = statSync(join(this.#folder, name));
		return {
			url,
			downloadUrl: `${url}?download=1`,
			pathname,
			size,
			uploadedAt: mtime.toISOString(),
			etag: `"${name}"`
		};
	}

	#list(query: URLSearchParams) {
		const from = Number(query.get('cursor') ?? 0);
		const found = [...this.#files.keys()].filter((name) => name.startsWith(query.get('prefix') ?? '')).toSorted();
		const hasMore = from + 2 < found.length;
		const blobs = found.slice(from, from + 2).map((pathname) => this.#facts(pathname));
		return { blobs, hasMore, ...(hasMore ? { cursor: String(from + 2) } : {}) };
	}

	async #download(req: IncomingMessage, res: ServerResponse, pathname: string): Promise<void> {
		const name = this.#files.get(pathname);
		if (!name) throw fails(404, 'not_found');
		const path = join(this.#folder, name);
		const { size } = statSync(path);
		const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(req.headers.range ?? '') ?? [];
		if (first === undefined) {
			res.writeHead(200, { 'content-length': size });
			return pipeline(createReadStream(path), res);
		}
		if (Number(first) >= size) return void res.writeHead(416).end();
		const [start, end] = [Number(first), Math.min(Number(last), size - 1)];
		res.writeHead(206, { 'content-range': `bytes ${start}-${end}/${size}`, 'content-length': end - start + 1 });
		return pipeline(createReadStream(path, { start, end }), res);
	}
}
