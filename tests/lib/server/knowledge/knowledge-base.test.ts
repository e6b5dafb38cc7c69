import { Readable } from 'node:stream';
import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { NewDocument } from '$lib/operations/operation.ts';
import { documents, passages, projects, vectors } from '$lib/server/db/schema.ts';
import { KnowledgeBase } from '$lib/server/knowledge/knowledge-base.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { makeApp, runsOf } from '../../../support/app.ts';
import { stepsThat } from '../../../support/operations.ts';
import { emptyBase } from './corpus.ts';

const everywhere = { projectId: null };
const none = { page: null, heading: null };

function textOf(id: string, texts: readonly string[], facts: Partial<NewDocument> = {}): NewDocument {
	return {
		...{ fileId: `file_${id}`, jobId: `job_${id}`, projectId: null, name: `${id}.txt`, title: id, pages: null },
		...{ mediaType: 'text/plain', language: 'en', vectors: null },
		passages: texts.map((text) => ({ ...none, text })),
		...facts
	};
}

function baseWith(owner: string, ...all: NewDocument[]) {
	const made = emptyBase();
	const own = made.base.of(owner);
	const add = async (document: NewDocument) => {
		made.addFile(owner, document.fileId);
		return own.add(document);
	};
	return { ...made, own, add, ready: Promise.all(all.map(add)) };
}

describe('what is found', () => {
	test.each([
		['en', 'The herons were eating fishes.', 'Does a heron eat fish?'],
		['de', 'Die Häuser am Hafen wurden verkauft.', 'Welches Haus am Hafen?'],
		['fr', 'Les chevaux mangeaient des pommes rouges.', 'Que mange-t-on, une pomme rouge ?'],
		['es', 'Las canciones antiguas de los pescadores.', '¿Qué canción canta el pescador?'],
		['ru', 'Рыбаки продавали свежую рыбу.', 'Кто продавал рыбу?'],
		['ja', '犬は盲導犬を除いて飼えません。', '犬を飼ってもいいですか'],
		['zh', '自习室晚上十点关门。', '自习室几点关门？'],
		['ko', '고양이가 생선을 먹는다.', '고양이가 무엇을 먹는다'],
		['th', 'แมวกินปลาทุกวัน', 'แมวกินอะไร'],
		['ar', 'القطط تأكل السمك', 'ماذا تأكل القطط']
	])('CH-05 a question in %s finds its passage among others', async (language, text, question) => {
		const { own, ready } = baseWith(
			'ann',
			textOf('right', [text], { language }),
			textOf('other', ['Nothing to see here.', 'Quite another matter altogether.'])
		);
		await ready;
		const { found, coverage } = await own.search(question, { ...everywhere, limit: 5 });
		expect(found.map(({ text: each }) => each)).toEqual([text]);
		expect(coverage).toBeGreaterThan(0.2);
	});

	test('CH-05 accents that are left out make no difference', async () => {
		const { own, ready } = baseWith('ann', textOf('a', ['La résolution fut adoptée à Málaga.'], { language: 'fr' }));
		await ready;
		expect((await own.search('resolution Malaga', { ...everywhere, limit: 5 })).coverage).toBe(1);
	});

	test('CH-05 a question about what is not there has a coverage near nothing', async () => {
		const { own, ready } = baseWith('ann', textOf('a', ['The heron eats fish.', 'The boat sails at noon.']));
		await ready;
		const { found, coverage } = await own.search('Who invented the telescope?', { ...everywhere, limit: 5 });
		expect({ found, coverage }).toEqual({ found: [], coverage: 0 });
	});

	test.each([
		['"', 'quotes'],
		['NEAR( AND * ^ : -', 'operators'],
		['the of and', 'small words'],
		['', 'nothing'],
		['🚀', 'signs']
	])('CH-05 a question of %s is no fault (%s)', async (question) => {
		const { own, ready } = baseWith('ann', textOf('a', ['The heron eats fish.']));
		await ready;
		expect((await own.search(question, { ...everywhere, limit: 5 })).coverage).toBeLessThanOrEqual(1);
	});

	test('CH-05 what stands in a heading or the title finds the passages under it', async () => {
		const document = textOf('Crew handbook', []);
		const under = { page: 4, heading: 'Animals › Dogs', text: 'They stay on deck.' };
		const { own, ready } = baseWith('ann', { ...document, passages: [under, { ...none, text: 'Sail at noon.' }] });
		await ready;
		const { found } = await own.search('dogs', { ...everywhere, limit: 5 });
		expect(found).toMatchObject([{ ...under, ordinal: 0, title: 'Crew handbook' }]);
		expect((await own.search('handbook', { ...everywhere, limit: 5 })).found).toHaveLength(2);
	});

	test('CH-05 with vectors a passage is found by meaning, and one found both ways stands above', async () => {
		const [x, y, z] = [Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0), Float32Array.of(0.9, 0.1, 0)];
		const texts = ['The bicycle costs ten crowns.', 'Wages come in May.', 'Bikes are cheap, crowns or not.'];
		const document = textOf('a', texts, { vectors: { model: 'v1', vectors: [x, y, z] } });
		const { own, ready, vectors: can } = baseWith('ann', document);
		await ready;
		expect(can).toBe(true);
		expect(await own.embeddingModel(everywhere)).toBe('v1');
		const vector = { model: 'v1', vector: Float32Array.of(1, 0.01, 0) };
		const both = await own.search('How many crowns for a bicycle?', { ...everywhere, limit: 2, vector });
		expect(both.candidates).toEqual({ lexical: 2, vector: 3 });
		expect(both.found.map(({ ordinal }) => ordinal)).toEqual([0, 2]);
		const meant = await own.search('velocipede', { ...everywhere, limit: 1, vector });
		expect(meant).toMatchObject({ candidates: { lexical: 0 }, coverage: 0, found: [{ ordinal: 0 }] });
		const strange = { model: 'v2', vector: Float32Array.of(1, 0) };
		expect((await own.search('crowns', { ...everywhere, limit: 3, vector: strange })).candidates.vector).toBe(0);
	});
});

describe('whose documents they are', () => {
	test('RS-01 nobody finds, reads, moves or removes the document of another owner', async () => {
		const { base, ready } = baseWith('ann', textOf('secret', ['The treasure is under the oak.']));
		const [{ id } = { id: '' }] = await ready;
		const bob = base.of('bob');
		expect((await bob.search('treasure oak', { ...everywhere, limit: 5 })).found).toEqual([]);
		expect(await bob.size(everywhere)).toEqual({ documents: 0, passages: 0 });
		expect(await bob.documents(everywhere)).toEqual([]);
		await expect(bob.read(id, 0, 5)).rejects.toMatchObject({ code: 'not_found' });
		await expect(base.document('bob', id)).rejects.toMatchObject({ code: 'not_found' });
		await expect(base.move('bob', id, null)).rejects.toMatchObject({ code: 'not_found' });
		const uploads = { remove: () => Promise.reject(new Error('never asked')) };
		await expect(base.remove('bob', id, uploads)).rejects.toMatchObject({ code: 'not_found' });
		expect(await base.documents('ann')).toHaveLength(1);
	});

	test('CH-05 documents of no project are in reach everywhere, those of a project only in it', async () => {
		const { own, ready, db, add, base } = baseWith('ann', textOf('free', ['A heron.']));
		await ready;
		const facts = { name: 'Boats', createdAt: 1, updatedAt: 1 };
		db.insert(projects)
			.values([
				{ ...facts, id: 'p1', owner: 'ann' },
				{ ...facts, id: 'p2', owner: 'bob' }
			])
			.run();
		const { id } = await add(textOf('bound', ['Another heron.'], { projectId: 'p1' }));
		const titles = async (projectId: string | null) =>
			(await own.search('heron', { projectId, limit: 5 })).found.map(({ title }) => title).toSorted();
		expect([await titles(null), await titles('p1'), await titles('p2')]).toEqual([
			['free'],
			['bound', 'free'],
			['free']
		]);
		expect((await own.search('heron', { projectId: 'p1', documents: [id], limit: 5 })).found).toHaveLength(1);
		expect((await base.documents('ann', 'p1')).map(({ title }) => title)).toEqual(['bound']);
		expect((await base.documents('ann', null)).map(({ title }) => title)).toEqual(['free']);
		await expect(base.move('ann', id, 'p2')).rejects.toMatchObject({ code: 'not_found' });
		expect((await base.move('ann', id, null)).projectId).toBeNull();
		await expect(add(textOf('lost', ['x'], { projectId: 'p2' }))).rejects.toMatchObject({ code: 'not_found' });
	});
});

describe('how documents are kept', () => {
	test('CH-05 the document of a job is stored once, however often the job runs', async () => {
		const { own, ready } = baseWith('ann', textOf('a', ['The heron eats fish.']));
		const [first] = await ready;
		expect(await own.add(textOf('a', ['The heron eats fish.']))).toEqual(first);
		expect(await own.size(everywhere)).toEqual({ documents: 1, passages: 1 });
	});

	test('CH-05 a document whose file is gone meanwhile is not stored', async () => {
		const { base, db } = emptyBase();
		await expect(base.of('ann').add(textOf('a', ['x']))).rejects.toMatchObject({ code: 'not_found' });
		expect(db.select().from(documents).all()).toEqual([]);
	});

	test('CH-05 with a document go its passages, its words and its vectors', async () => {
		const document = textOf('a', ['The heron eats fish.'], { vectors: { model: 'v', vectors: [Float32Array.of(1)] } });
		const { own, ready, db, base } = baseWith('ann', document);
		const [{ id } = { id: '' }] = await ready;
		const removed: string[] = [];
		await base.remove('ann', id, { remove: async (_, file) => void removed.push(file) });
		expect(removed).toEqual(['file_a']);
		expect([db.select().from(passages).all(), db.select().from(vectors).all()]).toEqual([[], []]);
		expect((await own.search('heron', { ...everywhere, limit: 5 })).candidates.lexical).toBe(0);
	});

	test('CH-05 passages are read in order, from where one likes', async () => {
		const { own, ready } = baseWith('ann', textOf('a', ['one', 'two', 'three', 'four']));
		const [{ id } = { id: '' }] = await ready;
		const { document, passages: read } = await own.read(id, 1, 2);
		expect(document).toMatchObject({ title: 'a', passages: 4 });
		expect(read.map(({ ordinal, text }) => [ordinal, text])).toEqual([
			[1, 'two'],
			[2, 'three']
		]);
	});

	test('CH-05 the file of a document cannot be deleted under it, and goes with the last one that is made of it', async () => {
		const app = await makeApp({ runs: runsOf(stepsThat(async () => ({ sum: 1 }))) });
		const { id: fileId } = await app.uploads.put('ann', { name: 'a.txt', body: Readable.from([Buffer.from('x')]) });
		const own = app.knowledge.of('ann');
		const first = await own.add(textOf('a', ['x'], { fileId }));
		const second = await own.add(textOf('b', ['x'], { fileId }));
		await expect(app.uploads.remove('ann', fileId)).rejects.toMatchObject({ code: 'conflict' });
		await app.knowledge.remove('ann', first.id, app.uploads);
		expect(await app.uploads.get('ann', fileId)).toMatchObject({ name: 'a.txt' });
		await app.knowledge.remove('ann', second.id, app.uploads);
		await expect(app.uploads.get('ann', fileId)).rejects.toMatchObject({ code: 'not_found' });
	});
});

test('CX-15 a document whose job was stopped while it was stored is not there', async () => {
	const { own, db, addFile } = baseWith('ann');
	addFile('ann', 'file_a');
	const stop = new AbortController();
	const storing = own.add(
		textOf(
			'a',
			Array.from({ length: 120 }, (_, n) => `heron ${n}`)
		),
		stop.signal
	);
	expect(await own.size(everywhere)).toEqual({ documents: 0, passages: 0 });
	stop.abort('user');
	await expect(storing).rejects.toBe('user');
	expect(db.select().from(documents).all()).toEqual([]);
});

test('RS-13 what a killed process left half-stored is gone at the next start, and the words with it', async () => {
	const { db, ready } = baseWith('ann', textOf('a', ['The heron eats fish.']), textOf('b', ['The heron sleeps.']));
	const [, half] = await ready;
	db.update(documents)
		.set({ owner: '' })
		.where(eq(documents.id, half?.id ?? ''))
		.run();
	const again = new KnowledgeBase(db, new FakeClock()).of('ann');
	expect((await again.search('heron', { ...everywhere, limit: 5 })).found.map(({ title }) => title)).toEqual(['a']);
	expect(db.select().from(passages).all()).toHaveLength(1);
	expect(db.all(sql`SELECT rowid FROM passages_fts WHERE passages_fts MATCH 'heron'`)).toHaveLength(1);
});
