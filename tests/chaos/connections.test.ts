import { expect, test } from 'vitest';
import { allEnded, readersOf, type Reader } from './readers.ts';
import {
	askedAt,
	control,
	createsOf,
	endOf,
	jobOf,
	logOf,
	questions,
	startOne,
	undisturbed,
	type Research
} from './researches.ts';
import { choicesFor, length, type Choices } from './seed.ts';
import { ServerProcess } from './server-process.ts';
import { storm } from './storm.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** Speeds the runs so that they last as long as the storm should: about 20 s at a pace of 1. */
const pace = 2.8 / length;
const spell = { least: 100, most: 900 };

/** All that is true of a log and its readers, whatever happened on the way. */
async function expectWhole(url: string, id: string, readers: Reader[]): Promise<void> {
	await allEnded(readers);
	const log = await logOf(url, id);
	expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
	expect(log.filter(({ type }) => ['done', 'error', 'cancelled'].includes(type))).toHaveLength(1);
	expect(readers.flatMap(({ wrongs }) => wrongs)).toEqual([]);
	for (const { events, name } of readers) expect(events, name).toEqual(log);
}

test(
	'RS-07 TS-11 whatever breaks between readers and server, each reader has every event once and in order',
	async () => {
		const choices = choicesFor('between readers and server');
		const demo = await ServerProcess.demo();
		const server = await ServerProcess.headway(askedAt(demo.url));
		const proxy = await TcpProxy.start(server.url);
		await control(demo, { pace });
		const asked = questions.slice(0, 3);
		const ids = await Promise.all(asked.map((query, index) => startOne(server.url, query, `key-${index}`)));
		const pauseMs = () => choices.between(20, 300);
		const readers = readersOf(ids, 2, { url: proxy.url, silenceMs: 2_500, pauseMs });
		let over = false;
		const jobs = Promise.all(ids.map((id) => endOf(server.url, id))).finally(() => (over = true));
		const deeds = await storm(proxy, choices, { spell, on: () => !over });
		expect(deeds.length).toBeGreaterThanOrEqual(5);
		for (const job of await jobs) expect(job).toMatchObject({ status: 'succeeded', error: null });
		for (const id of ids)
			await expectWhole(
				server.url,
				id,
				readers.filter(({ name }) => name.endsWith(id))
			);
		console.log(`chaos: ${deeds.length} deeds, ${proxy.connections} connections of ${readers.length} readers`);
		expect(server.output).not.toMatch(/unhandled|request failed/i);
		expect(proxy.connections).toBeGreaterThan(readers.length);
	},
	90_000 * length
);

/** Researches that begin before the storm and within it. */
async function startInto(server: ServerProcess, choices: Choices, proxy: TcpProxy) {
	const start = (index: number) => startOne(server.url, questions[index]!, `key-${index}`);
	const ids = [await start(0), await start(1), await start(2)];
	for (const id of ids)
		await expect.poll(async () => (await jobOf(server.url, id)).responseId, { timeout: 10_000 }).not.toBeNull();
	let over = false;
	const blown = storm(proxy, choices, { spell, on: () => !over });
	ids.push(await start(3), await start(4));
	return { ids, calm: () => ((over = true), blown) };
}

test(
	'RS-13 BY-02 whatever breaks between server and provider, each research ends truthfully and is created once',
	async () => {
		const choices = choicesFor('between server and provider');
		const demo = await ServerProcess.demo();
		const proxy = await TcpProxy.start(demo.url);
		const server = await ServerProcess.headway(askedAt(proxy.url, { HEADWAY_IDLE_TIMEOUT: '2' }));
		const reports = await undisturbed(server, demo);
		await control(demo, { pace });
		const { ids, calm } = await startInto(server, choices, proxy);
		const readers = readersOf(ids, 1, { url: server.url });
		const ended = await Promise.all(ids.map((id) => endOf(server.url, id)));
		const deeds = await calm();
		for (const job of ended)
			await expectWhole(
				server.url,
				job.id,
				readers.filter(({ name }) => name.endsWith(job.id))
			);
		const facts = await Promise.all(ended.map(async (job) => ({ job, creates: await createsOf(demo, job.id) })));
		for (const { job, creates } of facts) expectTruth(job, creates, reports);
		const endings = ended.map(({ status, error }) => error?.code ?? status).join(', ');
		console.log(`chaos: ${deeds.length} deeds, ${proxy.connections} connections; ${endings}`);
		expect(server.output).not.toMatch(/unhandled|request failed/i);
		expect(ended.filter(({ status }) => status === 'succeeded').length).toBeGreaterThanOrEqual(3);
	},
	90_000 * length
);

/** One create that ended as it should have, or a word that says why not. */
function expectTruth(job: Research, creates: number, reports: Map<string, string>): void {
	const { query } = job.input as { query: string };
	if (job.status === 'succeeded') {
		expect(job.result?.report, query).toBe(reports.get(query));
		expect(creates, query).toBe(1);
		return;
	}
	const code = job.error?.code ?? '';
	expect(['unknown_outcome', 'provider_unreachable', 'provider_paused']).toContain(code);
	expect(creates, `${query}: ${code}`).toBeLessThanOrEqual(code === 'unknown_outcome' ? 1 : 0);
}
