import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { charactersOf, withLookalikes, withoutCharacters } from './missing.ts';
import template from './pdf-template.typ?raw';
import workerCode from './pdf-worker.server.mjs?raw';
import { directionOf, linkOf, type DocumentTree } from './tree.ts';

/**
 * A document as a PDF, and the characters that no embedded font has. It is set in a thread of its own, which the signal
 * ends; the server goes on meanwhile. Rejects with the signal's reason, or when the document cannot be set.
 */
export async function asPdf(
	given: DocumentTree,
	signal: AbortSignal
): Promise<{ bytes: Uint8Array; missing: number[] }> {
	signal.throwIfAborted();
	const tree = withLookalikes(given);
	// The code goes to the worker as text: a file of its own would be somewhere else under Vite, in the build and in the
	// tests. Packages are found from here, where all three find them.
	const workerData = { template, fonts: fontFiles(), modules: modules(), codes: charactersOf(tree) };
	const worker = new Worker(workerCode, { eval: true, workerData, stdout: true, stderr: true });
	const stop = () => void worker.terminate();
	signal.addEventListener('abort', stop, { once: true });
	try {
		return await answerOf(worker, tree, signal);
	} finally {
		signal.removeEventListener('abort', stop);
		await worker.terminate();
	}
}

type Message = { type: 'missing'; codes: number[] } | { type: 'pdf'; bytes: Uint8Array };

function answerOf(
	worker: Worker,
	tree: DocumentTree,
	signal: AbortSignal
): Promise<{ bytes: Uint8Array; missing: number[] }> {
	return new Promise((resolve, reject) => {
		let missing: number[] = [];
		worker.on('message', (message: Message) => {
			if (message.type === 'pdf') return resolve({ bytes: message.bytes, missing });
			missing = message.codes;
			worker.postMessage(printable(withoutCharacters(tree, missing)));
		});
		worker.on('error', reject);
		worker.on('exit', (code) => reject(signal.aborted ? signal.reason : new Error(`the PDF's thread ended (${code})`)));
	});
}

/** What the template needs beside the tree. */
function printable(tree: DocumentTree): object {
	const sources = tree.sources.map((source) => {
		const href = linkOf(source.url);
		return href === null ? source : { ...source, href };
	});
	return { ...tree, lang: tree.lang.split('-')[0] ?? '', titleDir: directionOf(tree.title, tree.dir), sources };
}

function modules(): { typst: string; fontkit: string; wasm: string } {
	const { resolve } = createRequire(import.meta.url);
	return {
		typst: pathToFileURL(resolve('@myriaddreamin/typst.ts')).href,
		fontkit: pathToFileURL(resolve('fontkit')).href,
		wasm: resolve('@myriaddreamin/typst-ts-web-compiler/wasm')
	};
}

/** The fonts in the order of preference. The first file of each tells which characters it has. */
function fontFiles(): { files: string[]; always: boolean }[] {
	const { resolve } = createRequire(import.meta.url);
	const family = (pack: string, folder: string, names: string[], always = false) => {
		const root = join(dirname(resolve(pack)), folder);
		return { files: names.map((name) => join(root, name)), always };
	};
	const latin = ['NotoSans-Regular.ttf', 'NotoSans-Bold.ttf', 'NotoSans-Italic.ttf', 'NotoSans-BoldItalic.ttf'];
	return [
		family('@embedpdf/fonts-latin', '../fonts', latin, true),
		family('@embedpdf/fonts-arabic', '../fonts', ['NotoNaskhArabic-Regular.ttf', 'NotoNaskhArabic-Bold.ttf']),
		family('@embedpdf/fonts-hebrew', '../fonts', ['NotoSansHebrew-Regular.ttf', 'NotoSansHebrew-Bold.ttf']),
		family('@embedpdf/fonts-sc', '../fonts', ['NotoSansHans-Regular.otf', 'NotoSansHans-Bold.otf']),
		family('@expo-google-fonts/noto-emoji/400Regular', '.', ['NotoEmoji_400Regular.ttf'])
	];
}
