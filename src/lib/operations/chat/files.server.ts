import { HeadwayError } from '../../jobs/error.ts';
import type { Message, Table, Turn, UploadedFile } from '../operation.ts';
import type { Context } from './progress.server.ts';

/** What the files of a message turned out to be. */
export interface Brought {
	/** Tables that came with this message, and those that came with the messages before it. */
	readonly tables: readonly UploadedFile[];
	readonly earlier: readonly UploadedFile[];
	readonly texts: readonly { name: string; text: string }[];
	readonly images: NonNullable<Message['images']>;
}

const TABLE = /\.(csv|tsv|jsonl|ndjson|parquet|sqlite3?|db3?)$/i;
const MOST_IMAGES = 4;
const IMAGE_BYTES = 8 * 1024 * 1024;
const TEXT_BYTES = 64 * 1024;
/** So many tables of earlier messages stay in reach. */
const MOST_EARLIER = 5;

/** Looks at the files of a message: small texts and pictures go along, tables are for tools. What cannot be read is said, and the turn goes on without it. */
export async function readFiles(ids: readonly string[], before: readonly Turn[], ctx: Context): Promise<Brought> {
	const tables: UploadedFile[] = [];
	const texts: Brought['texts'][number][] = [];
	const images: Image[] = [];
	for (const id of ids) {
		const file = await ctx.file(id);
		await orSay(file, ctx, async () => {
			if (TABLE.test(file.name)) tables.push(file);
			else if (file.mediaType.startsWith('image/')) images.push(await imageOf(file, images.length));
			else texts.push(await textOf(file));
		});
	}
	return { tables, earlier: await earlierTables(ids, before, ctx), texts, images };
}

type Image = Brought['images'][number];

/** Those that came last, once each; one that was deleted meanwhile is gone. */
async function earlierTables(ids: readonly string[], before: readonly Turn[], ctx: Context): Promise<UploadedFile[]> {
	const known = before.toReversed().flatMap(({ files = [] }) => files.filter((id) => !ids.includes(id)));
	const found: UploadedFile[] = [];
	for (const id of new Set(known)) {
		const file = await ctx.file(id).catch(() => null);
		if (file && TABLE.test(file.name)) found.push(file);
		if (found.length === MOST_EARLIER) break;
	}
	return found;
}

/** One line for each file: its id, its name, its tables with their columns. A file that is no table is said and left out. */
export async function describeTables(files: readonly UploadedFile[], ctx: Context): Promise<string[]> {
	const lines: string[] = [];
	for (const file of files) await orSay(file, ctx, async () => void lines.push(await tableLine(file, ctx)));
	return lines;
}

async function orSay(file: UploadedFile, ctx: Context, read: () => Promise<void>): Promise<void> {
	try {
		await read();
	} catch (error) {
		ctx.signal.throwIfAborted();
		if (!(error instanceof HeadwayError)) throw error;
		if (!ctx.resumed) ctx.notice('warning', 'file_unread', `“${file.name}”: ${error.message}`);
	}
}

async function tableLine({ id, name }: UploadedFile, ctx: Context): Promise<string> {
	const tables = await ctx.tables.describe({ fileId: id }, ctx.signal);
	return `\`${id}\`: ${plain(name)} — ${tables.slice(0, 20).map(tableText).join('; ')}`;
}

function tableText({ name, columns }: Table): string {
	const shown = columns.slice(0, 60).map((column) => `${plain(column.name)} ${column.type}`);
	return `${name}(${shown.join(', ')})`;
}

const plain = (text: string) => text.replace(/\s+/g, ' ').slice(0, 100);

async function imageOf(file: UploadedFile, before: number): Promise<Image> {
	if (before >= MOST_IMAGES)
		throw new HeadwayError('invalid_input', `Only ${MOST_IMAGES} pictures go with one message.`);
	if (file.size > IMAGE_BYTES)
		throw new HeadwayError('invalid_input', 'The picture is larger than 8 MB. Make it smaller.');
	return { mediaType: file.mediaType, bytes: await file.bytes() };
}

async function textOf(file: UploadedFile): Promise<Brought['texts'][number]> {
	const readable = file.mediaType.startsWith('text/') || file.mediaType === 'application/json';
	if (!readable || file.size > TEXT_BYTES)
		throw new HeadwayError('invalid_input', 'It is not read from a message. Add it to Knowledge, then ask again.');
	return { name: file.name, text: new TextDecoder().decode(await file.bytes()).slice(0, 20_000) };
}
