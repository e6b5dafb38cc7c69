import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { eventOf, PAGE } from '$lib/server/event-log.ts';
import { aRunningJob, failed, makeCore, notes, wholeLog, type Core } from './core.ts';

const awkward: [string, unknown][] = [
	['quotes and line breaks', { text: 'a "b"\n\r\n\u2028\u2029\\ c' }],
	['other scripts', { text: '日本語 🙂 \u0000' }],
	['half a surrogate pair', { text: '\ud83d' }],
	['nothing', null],
	['a number', -0.5e-7],
	['keys in their order', { z: 1, a: { y: [], b: [{}, null, true] } }],
	['a hundred thousand characters', { text: 'x'.repeat(100_000) }]
];

/** Puts a row's body aside for another, as an older version or another hand would have written it. */
function rewrite(core: Core, jobId: string, data: string): void {
	core.db.$client.prepare('update events set data = ? where job_id = ? and seq = 2').run(data, jobId);
}

test.each(awkward)('RS-12 an event goes out as the JSON of what it is: %s', async (_name, data) => {
	const core = makeCore();
	const { id } = await aRunningJob(core);
	await core.log.append(id, 1, [{ type: 'note "with" a\nname', data }]);
	const { events } = await core.log.page(id, 1);
	expect(events.map(({ json }) => json)).toEqual((await wholeLog(core, id)).slice(1).map((e) => JSON.stringify(e)));
	expect(events.map(eventOf)).toMatchObject([{ jobId: id, seq: 2, data: JSON.parse(JSON.stringify(data)) as unknown }]);
});

test('RS-12 a body that spreads over lines goes out on one: a raw line break would end its frame', async () => {
	const core = makeCore();
	const { id } = await aRunningJob(core);
	await core.log.append(id, 1, notes(1));
	for (const data of ['{\n"text":\n"1"}', '{\r"text": "1"}']) {
		rewrite(core, id, data);
		const [event] = (await core.log.page(id, 1)).events;
		expect(event?.json).toMatch(/^[^\r\n]+$/);
		expect(event && eventOf(event)).toMatchObject({ type: 'note', data: { text: '1' } });
	}
});

test('RS-12 a body nested deeper than SQLite reads goes out as it is', async () => {
	const core = makeCore();
	const { id } = await aRunningJob(core);
	const deep = JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`) as unknown;
	await core.log.append(id, 1, [{ type: 'note', data: deep }]);
	const [event] = (await core.log.page(id, 1)).events;
	expect(event).toMatchObject({ type: 'note', json: JSON.stringify((await wholeLog(core, id))[1]) });
});

test('RS-12 a body that cannot be read says so in its place, and its log still ends', async () => {
	const core = makeCore();
	const { id } = await aRunningJob(core);
	await core.store.finish(id, 1, failed);
	rewrite(core, id, '{"code":');
	const page = await core.log.page(id, 0);
	expect(page).toMatchObject({ more: false, ends: true });
	expect(page.events.map(eventOf)).toMatchObject([
		{ seq: 1, type: 'queued' },
		{ seq: 2, type: 'unreadable', data: { was: 'error' } }
	]);
	expect(page.events.map(eventOf)).toEqual(await wholeLog(core, id));
});

test('RS-12 a row that another process damages after it was read says so when it is read again', async () => {
	const core = makeCore();
	const { id } = await aRunningJob(core);
	await core.log.append(id, 1, notes(2 * PAGE));
	const types = async () => (await core.log.page(id, 1)).events.map(({ type }) => type);
	expect(await types()).not.toContain('unreadable');
	const another = new Database(join(core.folder, 'headway.db'));
	another.prepare(`update events set data = '{"n":' where job_id = ? and seq = 4`).run(id);
	another.close();
	expect((await types()).map((type, index) => [index + 2, type]).filter(([, type]) => type !== 'note')).toEqual([
		[4, 'unreadable']
	]);
});

test('TS-18 a page ends with the event that fills it, however large those are that follow', async () => {
	const core = makeCore();
	const { id } = await aRunningJob(core);
	const large = { type: 'note', data: { text: 'x'.repeat(300_000) } };
	await core.log.append(id, 1, [...notes(3), large, large, ...notes(1)]);
	const [first, second, third] = [await core.log.page(id, 1), await core.log.page(id, 5), await core.log.page(id, 6)];
	expect([first, second, third].map(({ events, more }) => [events.map(({ seq }) => seq), more])).toEqual([
		[[2, 3, 4, 5], true],
		[[6], true],
		[[7], false]
	]);
});

test('RS-12 a body that cannot be written says so in its place', async () => {
	const core = makeCore();
	const { id } = await aRunningJob(core);
	await core.log.append(id, 1, [{ type: 'note', data: { count: 1n } }, ...notes(1)]);
	expect((await core.log.page(id, 1)).events.map(eventOf)).toMatchObject([
		{ seq: 2, type: 'unreadable', data: { was: 'note' } },
		{ seq: 3, type: 'note' }
	]);
});
