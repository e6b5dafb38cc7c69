import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import type { IngestResult, IngestState } from '$lib/operations/ingest/model.ts';
import run from '$lib/operations/ingest/run.server.ts';
import { split } from '$lib/operations/ingest/split.ts';
import type { App } from '$lib/server/app.ts';
import { dataPaths } from '$lib/server/config.ts';
import { FakeProvider } from '../server/fake-provider.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../support/app.ts';
import { docxOf, pdfOf } from './ingest/files.ts';

// A file is read in a process of its own, which takes seconds to start on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

const everywhere = { projectId: null };

async function appWith({ provider = new FakeProvider(), dataDir = temporaryFolder() } = {}) {
	return { provider, dataDir, app: await makeApp({ provider, dataDir, runs: runsOf(run) }) };
}

const upload = async (app: App, name: string, bytes: string | Buffer) =>
	(await app.uploads.put('local', { name, body: Readable.from([Buffer.from(bytes)]) })).id;

async function ingested(name: string, bytes: string | Buffer, input: object = {}, provider = new FakeProvider()) {
	const { app } = await appWith({ provider });
	const { id } = await start(app, 'ingest', { fileId: await upload(app, name, bytes), ...input });
	const snapshot = await ended(app, id);
	return { app, id, snapshot, result: snapshot.result as IngestResult, state: snapshot.state as IngestState };
}

const handbook = pdfOf([
	['# Rules', 'Dogs stay on the open deck.'],
	['# Pay', 'Wages come on the twelfth of each month.']
]);

describe('a document on its way into the knowledge base', () => {
	test('CH-05 a PDF is read, split and found, with the page of what was found', async () => {
		const { app, id, snapshot, result, state } = await ingested('handbook.pdf', handbook);
		expect(snapshot.error).toBeNull();
		expect(result).toEqual({
			...{ documentId: expect.stringMatching(/^doc_/), title: 'Rules', language: 'en', pages: 2, passages: 2 },
			...{ characters: expect.any(Number), vectors: true }
		});
		expect(state.parsed).toMatchObject({ title: 'Rules', mediaType: 'application/pdf', headings: ['Rules', 'Pay'] });
		expect(state.split).toMatchObject({ passages: 2 });
		const { found, coverage } = await app.knowledge
			.of('local')
			.search('When are wages paid?', { ...everywhere, limit: 5 });
		expect(found[0]).toMatchObject({ page: 2, heading: 'Pay', ordinal: 1, title: 'Rules' });
		expect(coverage).toBeGreaterThan(0.3);
		expect(await app.knowledge.documents('local')).toMatchObject([{ jobId: id, name: 'handbook.pdf', pages: 2 }]);
	});

	test('CH-05 its phases follow each other, and the share that is done is measured', async () => {
		const { app, id } = await ingested('handbook.pdf', handbook);
		const events = await allEvents(app, id);
		const phases = events.flatMap(({ type, data }) => (type === 'phase' ? [(data as { phase: string }).phase] : []));
		expect(phases).toEqual(['reading', 'splitting', 'indexing']);
		expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['parsed', 'split']));
	});

	test('CH-05 the person’s own title stands above what the document calls itself, and the file’s name is the last resort', async () => {
		expect((await ingested('handbook.pdf', handbook, { title: 'Crew' })).result.title).toBe('Crew');
		expect((await ingested('my notes.txt', 'Only these few words, and no heading.')).result.title).toBe('my notes');
	});

	test('CH-05 a Word file that is called a PDF is read as what it is', async () => {
		const { snapshot, state } = await ingested('letter.pdf', docxOf(['# Letter', 'Dear reader.']));
		expect(snapshot.error).toBeNull();
		expect(state.parsed?.mediaType).toContain('wordprocessingml');
	});

	test('CH-05 a file that cannot be read fails the job with its sentence, and leaves no document', async () => {
		const { app, snapshot } = await ingested('scan.pdf', pdfOf([[]]));
		expect(snapshot).toMatchObject({ status: 'failed', error: { code: 'invalid_input' } });
		expect(snapshot.error?.message).toMatch(/OCR/);
		expect(await app.knowledge.documents('local')).toEqual([]);
	});

	test('CH-05 where the provider makes no vectors, or fails to, the document is found by its words and the reason is said', async () => {
		const provider = new FakeProvider();
		provider.onEmbed = () => Promise.reject(new HeadwayError('provider_quota', 'The quota is used up.'));
		const { app, snapshot, result } = await ingested('a.txt', 'The heron eats fish.', {}, provider);
		expect([snapshot.status, result.vectors]).toEqual(['succeeded', false]);
		expect(JSON.stringify(snapshot.notices)).toContain('found by its words only');
		expect((await app.knowledge.of('local').search('heron', { ...everywhere, limit: 5 })).found).toHaveLength(1);
		const without = new FakeProvider();
		without.can = { ...without.can, embeddings: false };
		expect((await ingested('a.txt', 'The heron eats fish.', {}, without)).result.vectors).toBe(false);
		expect(without.texts).toEqual([]);
	});

	test('CX-15 stopped in the midst of its vectors it leaves no document and no temporary file', async () => {
		const provider = new FakeProvider();
		provider.onEmbed = (_, signal) =>
			new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
		const { app, dataDir } = await appWith({ provider });
		const { id } = await start(app, 'ingest', { fileId: await upload(app, 'a.txt', 'The heron eats fish.') });
		await until(app, id, ({ phase }) => phase === 'indexing');
		await app.jobs.cancel('local', id);
		expect((await ended(app, id)).status).toBe('cancelled');
		expect(await app.knowledge.of('local').size(everywhere)).toEqual({ documents: 0, passages: 0 });
		await expect.poll(() => readdirSync(dataPaths(dataDir).temporary)).toEqual([]);
	});

	test('CX-15 stopped while it is read it ends at once', async () => {
		const { app } = await appWith();
		const heavy = `<!doctype html>${'<p>a<i>b'.repeat(1_500_000)}`;
		const { id } = await start(app, 'ingest', { fileId: await upload(app, 'a.html', heavy) });
		await until(app, id, ({ phase }) => phase === 'reading');
		const before = Date.now();
		await app.jobs.cancel('local', id);
		expect((await ended(app, id)).status).toBe('cancelled');
		expect(Date.now() - before).toBeLessThan(3_000);
	});
});

describe('passages', () => {
	const blocksOf = (texts: readonly string[], heading: string | null = null) =>
		texts.map((text) => ({ page: null, heading, text }));
	const words = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `word${from + n}`).join(' ');
	const plain = (texts: readonly { text: string }[]) =>
		texts
			.map(({ text }) => text)
			.join(' ')
			.replace(/\s+/g, ' ')
			.trim();

	test('CH-05 passages are all of the text, without overlap, and none is longer than 1,200 characters', () => {
		const sentences = Array.from({ length: 90 }, (_, n) => `Sentence ${n} says something of its own.`);
		const texts = [
			words(40),
			words(900, 1_000),
			sentences.join(' '),
			sentences.join('\n'),
			'x'.repeat(5_000),
			'漢字'.repeat(1_500)
		];
		const passages = [...split(blocksOf(texts), 'en')];
		expect(Math.max(...passages.map(({ text }) => text.length))).toBeLessThanOrEqual(1_200);
		const squeezed = (text: string) => text.replace(/\s+/g, '');
		expect(squeezed(plain(passages))).toBe(squeezed(texts.join('')));
		const usual = passages.filter(({ text }) => text.length >= 500).length;
		expect(usual / passages.length).toBeGreaterThan(0.8);
	});

	test('CH-05 a long paragraph is cut between its sentences', () => {
		const sentences = Array.from({ length: 60 }, (_, n) => `Sentence ${n} says something of its own.`);
		for (const { text } of split(blocksOf([sentences.join(' ')]), 'en'))
			expect(text.trim()).toMatch(/^Sentence.*own\.$/);
	});

	test('CH-05 short sections that share a passage are found under the one that says most', () => {
		const blocks = [
			{ page: null, heading: 'Harbour › Boats', text: words(12) },
			{ page: null, heading: 'Harbour › Ferries', text: 'Ferries' }
		];
		expect([...split(blocks, 'en')].map(({ heading }) => heading)).toEqual(['Harbour › Boats']);
	});

	test('CH-05 a passage stands on one page and under one heading; a bare heading goes with what it heads', () => {
		const blocks = [
			{ page: 1, heading: 'A', text: 'A' },
			{ page: 1, heading: 'A › B', text: 'B' },
			{ page: 1, heading: 'A › B', text: words(50) },
			{ page: 1, heading: 'A › C', text: words(60) },
			{ page: 2, heading: 'A › C', text: 'The end.' }
		];
		expect([...split(blocks, 'en')].map(({ page, heading }) => [page, heading])).toEqual([
			[1, 'A › B'],
			[1, 'A › C'],
			[2, 'A › C']
		]);
	});

	test('CH-05 the first passages of a paragraph as long as a book are there before all of it was read', () => {
		const book = 'The otter swims in the river and sleeps on its back. '.repeat(300_000);
		const begun = performance.now();
		const first = split(blocksOf([book]), 'en').next();
		const firstMs = performance.now() - begun;
		expect(first.value).toMatchObject({ text: expect.stringContaining('otter') });
		const all = [...split(blocksOf([book]), 'en')];
		expect(all.map(({ text }) => text).join('')).toBe(book);
		expect(firstMs).toBeLessThan((performance.now() - begun) / 4);
	});

	test('CH-05 a surrogate pair is not cut in two', () => {
		for (const { text } of split(blocksOf([`x${'😀'.repeat(2_000)}`]), null)) expect(text.isWellFormed()).toBe(true);
	});
});
