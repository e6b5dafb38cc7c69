import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { HeadwayError } from '../../jobs/error.ts';
import { startLocked } from '../../processes/locked-process.ts';
import { withoutTypes } from '../../processes/without-types.ts';
import beginning from '../../text/html.ts?raw';
import parserCode from './parser.server.mjs?raw';

/** A paragraph or heading of a file, in order. */
export interface Block {
	/** From 1; null where the format has none. */
	readonly page: number | null;
	/** The headings that it stands under, itself included, joined by " › ". */
	readonly heading: string | null;
	readonly text: string;
}

/** What a file was found to hold. */
export interface ParsedFile {
	/** What the document calls itself. */
	readonly title: string | null;
	readonly mediaType: string;
	readonly pages: number | null;
	readonly blocks: readonly Block[];
}

/** How much a file may take to be read. */
export interface ParseLimits {
	/** Milliseconds. */
	readonly ms: number;
	/** All that its process may hold, in MB. */
	readonly memory: number;
	/** Bytes that a packed file may unpack to, entries that it may have, and how many times its packed size an entry may be. */
	readonly inflated: number;
	readonly entries: number;
	readonly ratio: number;
}

const usual: ParseLimits = { ms: 180_000, memory: 1_024, inflated: 200 * 1024 * 1024, entries: 5_000, ratio: 200 };

/** V8's own part of the memory, so that a file that is too large is seldom noticed only by the watch. */
const HEAP_SHARE = 0.75;

/**
 * Reads a file that somebody brought, in a process of its own that knows nothing of this one: no environment, no network,
 * no file but this one and the parsers, bounded memory and time. The signal ends it, and so does the end of this process.
 * Rejects with `invalid_input` and a sentence that says what is wrong with the file.
 */
export async function parseFile(
	file: { path: string; name: string; mediaType: string },
	{ signal, progress, limits = usual }: { signal: AbortSignal; progress(fraction: number): void; limits?: ParseLimits }
): Promise<ParsedFile> {
	signal.throwIfAborted();
	const found = modules();
	const child = start(dirname(file.path), found, limits);
	const stop = () => void child.kill('SIGKILL');
	const timer = setTimeout(stop, limits.ms);
	signal.addEventListener('abort', stop, { once: true });
	try {
		return await answerOf(child, { ...file, modules: found, limits }, progress);
	} catch (error) {
		signal.throwIfAborted();
		throw error;
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', stop);
		stop();
	}
}

type Answer =
	| { type: 'progress'; fraction: number }
	/** The next of them; all have come before `parsed`. */
	| { type: 'blocks'; blocks: Block[] }
	| ({ type: 'parsed' } & Omit<ParsedFile, 'blocks'>)
	| { type: 'refused'; message: string }
	| { type: 'broken'; reason: string };

function answerOf(child: ChildProcess, job: object, progress: (fraction: number) => void): Promise<ParsedFile> {
	const blocks: Block[] = [];
	return new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('message', (answer: Answer) => {
			if (answer.type === 'progress') return progress(answer.fraction);
			if (answer.type === 'blocks') return void blocks.push(...answer.blocks);
			if (answer.type === 'parsed') return resolve({ ...answer, blocks });
			reject(
				answer.type === 'refused'
					? new HeadwayError('invalid_input', answer.message)
					: new HeadwayError(
							'invalid_input',
							'The file is damaged and cannot be read. Open it in its own program and save it anew.',
							{ cause: answer.reason }
						)
			);
		});
		const ended = 'The file is too large or too intricate to be read here. Split it, or save it as plain text.';
		// Not its exit, which may be heard of before all that it said.
		child.on('disconnect', () => setImmediate(() => reject(new HeadwayError('invalid_input', ended))));
		child.send(job, (error) => error && reject(error));
	});
}

/** The code goes as text: a file of its own would be somewhere else under Vite, in the build and in the tests. */
function start(folder: string, { marked }: { marked: string }, { memory, ms }: ParseLimits): ChildProcess {
	const [above = ''] = fileURLToPath(marked).split('node_modules');
	const terms = {
		reads: [folder, join(above, 'node_modules')],
		...{ bytes: memory * 1024 ** 2, ms: ms + 1_000 },
		flags: [`--max-old-space-size=${Math.round(memory * HEAP_SHARE)}`]
	};
	return startLocked(['--input-type=module', '--eval', parserCode], terms, {
		...{ cwd: folder, serialization: 'advanced' },
		stdio: ['ignore', 'ignore', 'ignore', 'ipc']
	});
}

/** Where the parser finds its packages: all three, Vite, the build and the tests, find them from here. What is our own goes as text too. */
function modules() {
	const { resolve } = createRequire(import.meta.url);
	const url = (name: string) => pathToFileURL(resolve(name)).href;
	const pdfjs = resolve('pdfjs-dist/legacy/build/pdf.mjs');
	const beside = (folder: string) => join(dirname(pdfjs), '..', '..', folder, '/');
	return {
		...{ marked: url('marked'), parse5: url('parse5'), mammoth: url('mammoth'), yauzl: url('yauzl') },
		beginning: `data:text/javascript,${encodeURIComponent(withoutTypes(beginning))}`,
		...{ pdfjs: pathToFileURL(pdfjs).href, cMaps: beside('cmaps'), standardFonts: beside('standard_fonts') }
	};
}
