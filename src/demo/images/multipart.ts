import type { IncomingMessage } from 'node:http';
import { Busboy } from '@fastify/busboy';
import type { BusboyFileStream, BusboyHeaders } from '@fastify/busboy';
import { WireError } from '../wire.ts';

const MOST_IMAGES = 16;
// OpenAI takes 50 MB each; together this much is enough for a demo that holds them in memory.
const MOST_BYTES = 50 * 1024 * 1024;
const MOST_TOGETHER = 128 * 1024 * 1024;

/** Reads a form with pictures in `image` or `image[]`. Throws a WireError 400 or 413. */
export async function readForm(req: IncomingMessage): Promise<{ fields: Record<string, unknown>; images: Buffer[] }> {
	if (!/^multipart\/form-data\s*;.*boundary=/i.test(req.headers['content-type'] ?? ''))
		throw new WireError(400, "This endpoint takes 'multipart/form-data'.", { code: 'invalid_content_type' });
	const form = new Form();
	await form.read(req);
	if (form.images.length === 0)
		throw new WireError(400, "Missing required parameter: 'image'.", {
			param: 'image',
			code: 'missing_required_parameter'
		});
	return { fields: form.fields, images: form.images.map((parts) => Buffer.concat(parts)) };
}

class Form {
	readonly fields: Record<string, unknown> = {};
	readonly images: Buffer[][] = [];
	#size = 0;

	read(req: IncomingMessage): Promise<void> {
		return new Promise((resolve, reject) => {
			const limits = { files: MOST_IMAGES + 1, fileSize: MOST_BYTES, fieldSize: 256 * 1024, fields: 100 };
			const parser = new Busboy({ headers: req.headers as BusboyHeaders, limits });
			const fail = (error: Error) => {
				req.unpipe(parser);
				req.resume();
				reject(error);
			};
			parser.on('field', (name, value) => void (this.fields[name] = value));
			parser.on('file', (name, stream) => this.#file(name, stream, fail));
			parser.on('filesLimit', () => fail(new WireError(400, `At most ${MOST_IMAGES} images.`, { param: 'image' })));
			parser.on('finish', () => resolve());
			parser.on('error', () => fail(new WireError(400, 'We could not parse the form of your request.')));
			req.on('aborted', () => fail(new WireError(400, 'The form ended early.')));
			req.pipe(parser);
		});
	}

	#file(name: string, stream: BusboyFileStream, fail: (error: Error) => void): void {
		if (!/^image(\[\])?$/.test(name)) return void stream.resume();
		const parts: Buffer[] = [];
		this.images.push(parts);
		const tooLarge = () => fail(new WireError(413, 'An image is too large.', { param: 'image' }));
		if (this.images.length > MOST_IMAGES)
			fail(new WireError(400, `At most ${MOST_IMAGES} images.`, { param: 'image' }));
		stream.on('limit', tooLarge);
		stream.on('data', (part: Buffer) => {
			this.#size += part.length;
			if (this.#size > MOST_TOGETHER) tooLarge();
			else parts.push(part);
		});
	}
}
