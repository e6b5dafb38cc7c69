import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { moment } from './seed.ts';
import { allEnded, PlainReader, TrpcReader, type Reader } from './readers.ts';
import { askedAt, control, createsOf, endOf, jobOf, logOf, questions, startOne } from './researches.ts';
import { ServerProcess } from './server-process.ts';

/** The shutdown is the entry's own: no other may stand in for it. */
const shipped = 'scripts/serve.js';
/** Streams of both doors: 500 in all. */
const [plain, typed] = [300, 200];

/** Five hundred readers of three jobs. */
function crowd(url: string, ids: readonly string[]): Reader[] {
	const jobOfReader = (index: number) => ids[index % ids.length]!;
	const facts = (index: number) => ({ url, jobId: jobOfReader(index), silenceMs: 20_000, pauseMs: () => 50 + index });
	return [
		...Array.from({ length: plain }, (_, index) => new PlainReader(facts(index))),
		...Array.from({ length: typed }, (_, index) => new TrpcReader(facts(index)))
	];
}

/** How many streams the server counts, by its own metrics. */
async function openStreams(url: string): Promise<number> {
	const text = await (await fetch(`${url}/metrics`)).text();
	const counts = text.matchAll(/^headway_streams_open\{door="\w+"\} (\d+)$/gm);
	return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

test('RS-07 BY-01 on SIGTERM under load 500 streams end within 2 s, the exit code is 0, and each reader goes on without a gap', async () => {
	const demo = await ServerProcess.demo();
	const server = await ServerProcess.headway(askedAt(demo.url), shipped);
	// About 20 s: long enough that all readers are there before the end.
	await control(demo, { pace: 1 });
	const ids = await Promise.all(questions.slice(0, 3).map((query, n) => startOne(server.url, query, `key-${n}`)));
	const readers = crowd(server.url, ids);
	await expect.poll(() => openStreams(server.url), { timeout: 30_000 }).toBe(plain + typed);
	const responseOf = async (id: string) => (await jobOf(server.url, id)).responseId;
	for (const id of ids) await expect.poll(() => responseOf(id), { timeout: 15_000 }).not.toBeNull();
	const { code, ms } = await server.stop();
	expect({ code, inTime: ms < 2_000 }, `after ${Math.round(ms)} ms`).toEqual({ code: 0, inTime: true });
	expect(readers.filter(({ hasEnded }) => hasEnded)).toEqual([]);
	await server.start();
	for (const id of ids) expect(await endOf(server.url, id)).toMatchObject({ status: 'succeeded', error: null });
	await allEnded(readers, 60);
	expect(readers.flatMap(({ wrongs }) => wrongs)).toEqual([]);
	expect(Math.min(...readers.map(({ connections }) => connections))).toBeGreaterThanOrEqual(2);
	for (const id of ids) {
		const log = await logOf(server.url, id);
		expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
		expect(await createsOf(demo, id)).toBe(1);
		const others = readers.filter(({ name, events }) => name.endsWith(id) && !isDeepStrictEqual(events, log));
		expect(others.map(({ name }) => name)).toEqual([]);
	}
	console.log(`chaos: ${plain + typed} streams ended and the process was gone in ${Math.round(ms)} ms`);
}, 150_000);

test('RS-07 once the shutdown has begun nobody new comes in, and who waits for a result is answered', async () => {
	const demo = await ServerProcess.demo();
	const server = await ServerProcess.headway(askedAt(demo.url), shipped);
	await control(demo, { pace: 0.5 });
	const id = await startOne(server.url, questions[0]!, 'one');
	const waiting = fetch(`${server.url}/api/jobs/${id}?wait=60`);
	await moment(300);
	const stopped = server.stop();
	const answer = await waiting;
	expect(answer.status).toBe(200);
	expect(await answer.json()).toMatchObject({ id, endedAt: null });
	expect((await stopped).code).toBe(0);
	await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
}, 60_000);
