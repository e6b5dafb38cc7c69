import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { HeadwayError } from '../../jobs/error.ts';

/** A file on its way in. */
export interface IncomingFile {
	name: string;
	body: AsyncIterable<Uint8Array>;
	/** What stands beside it in a form; complete once the body is read. */
	fields?: ReadonlyMap<string, string>;
}

/** What stands beside the file may not be much. */
const limits = { files: 1, fields: 20, fieldSize: 64 * 1024, headerPairs: 50 };

/** The one file of a `multipart/form-data` body, as it comes. It ends well only when the whole form does. Throws `bad_request`. */
export async function formFile(contentType: string, body: AsyncIterable<Uint8Array>): Promise<IncomingFile> {
	const form = parserFor(contentType);
	const { promise, resolve, reject } = Promise.withResolvers<{ name: string | undefined; file: Readable }>();
	let found: Readable | undefined;
	const fields = new Map<string, string>();
	form.on('field', (name: string, value: string) => void fields.set(name, value));
	form.on('file', (_field: string, file: Readable, name?: string) => {
		found = file;
		// It is destroyed with the form's error, which `finished` tells.
		file.on('error', () => undefined);
		resolve({ name, file });
	});
	form.on('filesLimit', () => form.destroy(new HeadwayError('bad_request', 'Send one file in a form.')));
	const finished: Promise<void> = pipeline(Readable.from(body), form).catch((error: unknown) => {
		const reason = explained(error);
		found?.destroy(reason);
		throw reason;
	});
	finished.then(() => reject(new HeadwayError('bad_request', 'The form has no file.')), reject);
	const { name = 'file', file } = await promise;
	return { name, body: bytesOf(file, form, finished), fields };
}

async function* bytesOf(file: Readable, form: BusboyInstance, finished: Promise<void>): AsyncGenerator<Uint8Array> {
	try {
		yield* file;
		await finished;
	} catch (error) {
		throw explained(error);
	} finally {
		form.destroy();
	}
}

function parserFor(contentType: string): BusboyInstance {
	try {
		return new Busboy({ headers: { 'content-type': contentType }, limits });
	} catch (error) {
		throw explained(error);
	}
}

function explained(error: unknown): HeadwayError {
	if (error instanceof HeadwayError) return error;
	return new HeadwayError('bad_request', 'The form could not be read.', { cause: error });
}
