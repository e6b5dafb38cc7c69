import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HeadwayError } from '../../jobs/error.ts';
import { shortened } from '../../text/shortened.ts';
import { defineRun, type NewDocument, type NewPassage, type RunContext, type UploadedFile } from '../operation.ts';
import { detectLanguage } from '../../text/language.ts';
import { ingest, LARGEST } from './model.ts';
import { parseFile, type ParsedFile } from './parse.server.ts';
import { split } from './split.ts';

type Context = RunContext<typeof ingest>;

/** How many passages are made, or sent to be embedded, before others have their turn. */
const BATCH = 64;

export default defineRun(ingest, async (input, ctx) => {
	ctx.phase('reading');
	const file = await ctx.file(input.fileId);
	if (file.size > LARGEST) throw tooLarge();
	const parsed = await read(file, ctx);
	const characters = parsed.blocks.reduce((sum, { text }) => sum + text.length, 0);
	const { pages, mediaType } = parsed;
	const title = input.title ?? parsed.title ?? shortened(file.name.replace(/\.[a-z0-9]{1,8}$/i, ''), 200);
	const language = detectLanguage(sampleOf(parsed));
	ctx.emit('parsed', { title, mediaType, language, pages, characters, headings: headingsOf(parsed) });

	ctx.phase('splitting');
	ctx.activity('Splitting into passages');
	// What a lost run had stored is not paid for again.
	const reach = { projectId: input.projectId ?? null };
	const stored = (await ctx.knowledge.documents(reach)).find(({ jobId }) => jobId === ctx.jobId);
	const passages = await splitted(parsed, language, ctx);
	ctx.emit('split', { passages: passages.length, first: passages.slice(0, 3).map(({ text }) => shortened(text, 300)) });

	ctx.phase('indexing');
	const vectors = stored ? null : await embedded(passages, ctx);
	ctx.activity('Making it findable');
	const facts = { fileId: file.id, jobId: ctx.jobId, name: file.name, title, mediaType, language, pages };
	const document = stored ?? (await ctx.knowledge.add({ ...facts, ...reach, passages, vectors }, ctx.signal));
	const model = await ctx.knowledge.embeddingModel({ ...reach, documents: [document.id] });
	return {
		...{ documentId: document.id, title, language, pages },
		...{ passages: passages.length, characters: document.characters, vectors: model !== null }
	};
});

async function read(file: UploadedFile, ctx: Context): Promise<ParsedFile> {
	ctx.activity(`Reading ${shortened(file.name, 60)}`);
	const path = join(await ctx.folder(), 'file');
	await pipeline(Readable.from(file.stream()), createWriteStream(path), { signal: ctx.signal });
	ctx.signal.throwIfAborted();
	const { name, mediaType } = file;
	const progress = (fraction: number) => ctx.progress(fraction, 'measured');
	return parseFile({ path, name, mediaType }, { signal: ctx.signal, progress });
}

function sampleOf({ blocks }: ParsedFile): string {
	const middle = Math.floor(blocks.length / 3);
	return blocks
		.slice(middle, middle + 200)
		.map(({ text }) => text)
		.join('\n')
		.slice(0, 20_000);
}

function headingsOf({ blocks }: ParsedFile): string[] {
	const all = new Set(blocks.flatMap(({ heading }) => (heading === null ? [] : [heading])));
	return [...all].slice(0, 50).map((heading) => shortened(heading, 200));
}

/** A long document is split in turns, so that the server answers others meanwhile. */
async function splitted(parsed: ParsedFile, language: string | null, ctx: Context): Promise<NewPassage[]> {
	const passages: NewPassage[] = [];
	for (const passage of split(parsed.blocks, language)) {
		passages.push(passage);
		if (passages.length % BATCH > 0) continue;
		await new Promise(setImmediate);
		ctx.signal.throwIfAborted();
	}
	return passages;
}

/** The passages as vectors; null where the provider makes none. A failure is said, and the document is found by its words. */
async function embedded(passages: readonly NewPassage[], ctx: Context): Promise<NewDocument['vectors']> {
	if (!ctx.provider.can.embeddings) return null;
	ctx.activity('Making vectors, so that it is found by meaning too');
	const vectors: Float32Array[] = [];
	let model = '';
	try {
		for (let from = 0; from < passages.length; from += BATCH) {
			ctx.signal.throwIfAborted();
			const texts = passages
				.slice(from, from + BATCH)
				.map(({ heading, text }) => (heading ? `${heading}\n${text}` : text));
			const made = await ctx.provider.embed(texts, `embed-${from / BATCH + 1}`);
			model = made.model;
			vectors.push(...made.vectors);
			ctx.progress(vectors.length / passages.length, 'measured');
		}
	} catch (error) {
		ctx.signal.throwIfAborted();
		const reason = error instanceof HeadwayError ? error.message : 'Something went wrong.';
		ctx.log.warn({ error: String(error) }, 'passages were not embedded');
		ctx.notice(
			'warning',
			'no_vectors',
			`The document is found by its words only: its vectors could not be made. ${reason}`
		);
		return null;
	}
	return { model, vectors };
}

const tooLarge = () =>
	new HeadwayError(
		'invalid_input',
		`The file is larger than ${LARGEST / 1024 / 1024} MB, the most that a document may be. Split it.`
	);
