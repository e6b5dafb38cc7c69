import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/app.ts';
import { allEnded, readersOf, type Reader } from './readers.ts';
import { askedAt, control, createsOf, endOf, jobOf, logOf, questions, startOne, undisturbed } from './researches.ts';
import { choicesFor, length, moment, type Choices } from './seed.ts';
import { ServerProcess } from './server-process.ts';

const kills = Math.round(6 * length);
/** Of each door for each of the five jobs: thirty in all. */
const readersEach = 3;

/** Looks at a copy of the database as the dead process left it, so that the next one finds all the work of recovery undone. */
function integrityOf(dataDir: string): unknown {
	const folder = temporaryFolder();
	for (const name of ['headway.db', 'headway.db-wal']) {
		const file = join(dataDir, name);
		if (existsSync(file)) copyFileSync(file, join(folder, name));
	}
	const db = new Database(join(folder, 'headway.db'));
	try {
		return db.pragma('integrity_check', { simple: true });
	} finally {
		db.close();
	}
}

/** Kills the server at moments that chance picks, also while it starts, until it was killed often enough or nothing runs. */
async function killOften(
	server: ServerProcess,
	dataDir: string,
	{ choices, most, busy }: { choices: Choices; most: number; busy(): boolean }
): Promise<number> {
	let killed = 0;
	while (killed < most && busy()) {
		if (choices.next() < 0.8) await server.ready();
		await moment(choices.between(0, 900));
		if (!busy()) break;
		await server.kill();
		killed += 1;
		expect(integrityOf(dataDir), `after kill ${killed}`).toBe('ok');
		server.launch();
	}
	await server.ready();
	return killed;
}

interface Followed {
	id: string;
	query: string;
	readers: Reader[];
}

/** Five researches, each followed by readers of both doors as soon as it is known. */
function startFive(url: string, round: number, choices: Choices): { followed: Followed[]; all: Promise<unknown> } {
	const followed: Followed[] = [];
	const all = Promise.all(
		questions.map(async (query) => {
			const id = await startOne(url, query, `${round}-${questions.indexOf(query)}`);
			const pauseMs = () => choices.between(20, 400);
			followed.push({ id, query, readers: readersOf([id], readersEach, { url, pauseMs }) });
		})
	);
	return { followed, all };
}

test(
	'BY-01 BY-02 RS-07 PG-12 killed at random moments, the server loses no event, sends none twice, and creates each response once',
	async () => {
		const choices = choicesFor('kills');
		const demo = await ServerProcess.demo();
		const dataDir = temporaryFolder();
		const server = await ServerProcess.headway(askedAt(demo.url, { HEADWAY_DATA: dataDir }));
		const reports = await undisturbed(server, demo);
		await control(demo, { pace: 2 });
		let killed = 0;
		let survived = 0;
		let reconnected = 0;
		let unknown = 0;
		for (let round = 1; killed < kills; round += 1) {
			// So that some kills come while a create is on its way.
			await control(demo, { faults: [{ name: 'slow_headers', ms: choices.whole(300, 1_200), times: 2 }] });
			const { followed, all } = startFive(server.url, round, choices);
			const busy = () => followed.length < questions.length || followed.some(({ readers }) => !readers[0]?.hasEnded);
			killed += await killOften(server, dataDir, { choices, most: kills - killed, busy });
			await all;
			expect(followed.flatMap(({ readers }) => readers)).toHaveLength(30);
			for (const { id, query, readers } of followed) {
				const job = await endOf(server.url, id);
				await allEnded(readers);
				const log = await logOf(server.url, id);
				expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
				expect(readers.flatMap(({ wrongs }) => wrongs)).toEqual([]);
				for (const { events, name } of readers) expect(events, name).toEqual(log);
				const creates = await createsOf(demo, id);
				if (job.error?.code === 'unknown_outcome') {
					unknown += 1;
					expect(creates).toBeLessThanOrEqual(1);
					continue;
				}
				expect(job, query).toMatchObject({ status: 'succeeded', error: null });
				expect(job.result?.report, query).toBe(reports.get(query));
				expect(creates).toBe(1);
				if (log.filter(({ type }) => type === 'started').length > 1) survived += 1;
				if (log.some(({ data }) => (data as { code?: string }).code === 'reconnected')) reconnected += 1;
			}
		}
		console.log(
			`chaos: ${killed} kills; ${survived} researches lived through some, ${unknown} have an unknown outcome`
		);
		expect(server.output).not.toMatch(/unhandled|request failed/i);
		expect(killed).toBe(kills);
		expect(survived).toBeGreaterThan(0);
		// Viewers read "Reconnected to …", not an error.
		expect(reconnected).toBeGreaterThan(0);
	},
	90_000 * length
);

test('BY-02 killed while a create is on its way, the server shows an unknown outcome and never sends it again', async () => {
	const demo = await ServerProcess.demo();
	await control(demo, { pace: 60, faults: [{ name: 'slow_headers', ms: 1_500 }] });
	const server = await ServerProcess.headway(askedAt(demo.url));
	const id = await startOne(server.url, questions[0]!, 'one');
	await expect
		.poll(async () => (await control(demo)).ledger.map(({ path }) => path), { timeout: 10_000 })
		.toEqual(['/v1/responses']);
	await server.kill();
	await server.start();
	const job = await endOf(server.url, id);
	expect(job).toMatchObject({ status: 'failed', error: { code: 'unknown_outcome', retryable: true } });
	expect(job.error?.message).toMatch(/may be billed/);
	// It had begun there after all, once, and nobody asked for it again.
	await expect.poll(() => createsOf(demo, id), { timeout: 10_000 }).toBe(1);
	await server.kill();
	await server.start();
	expect(await endOf(server.url, id)).toEqual({ ...job, serverNow: expect.any(Number) });
	expect(await createsOf(demo, id)).toBe(1);
}, 60_000);

test('RS-13 BY-01 a provider that dies and comes back has its research taken up again, created once', async () => {
	const choices = choicesFor('the provider dies');
	const demo = await ServerProcess.demo();
	const server = await ServerProcess.headway(askedAt(demo.url));
	const reports = await undisturbed(server, demo);
	await control(demo, { pace: 4 });
	const query = questions[0]!;
	const id = await startOne(server.url, query, 'one');
	const readers = readersOf([id], 1, { url: server.url });
	await expect.poll(async () => (await jobOf(server.url, id)).phase, { timeout: 10_000 }).toBe('searching');
	await demo.kill();
	await moment(choices.between(200, 1_200));
	await demo.start();
	const job = await endOf(server.url, id);
	await allEnded(readers);
	expect(job).toMatchObject({ status: 'succeeded', error: null });
	expect(job.result?.report).toBe(reports.get(query));
	expect((await control(demo)).responses.filter(({ jobId }) => jobId === id)).toHaveLength(1);
	expect(readers.flatMap(({ wrongs }) => wrongs)).toEqual([]);
}, 60_000);
