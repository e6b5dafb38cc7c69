import { connect } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/app.ts';
import { askedAt, control, endOf, logOf, questions, startOne } from './researches.ts';
import { ServerProcess } from './server-process.ts';

/** As many as may be behind without being sent a snapshot instead, of 10 KB each: 20 MB. */
const events = 1_990;
const bytesEach = 10_000;
const MB = 1024 * 1024;
/** Readers that never read, half of them of each door. */
const deafReaders = 20;

/** Makes an ended job's log 20 MB long, before its last event. */
function lengthen(dataDir: string, id: string): void {
	const db = new Database(join(dataDir, 'headway.db'));
	const text = 'x'.repeat(bytesEach);
	db.transaction(() => {
		const { seq, at } = db.prepare('select max(seq) as seq, at from events where job_id = ?').get(id) as {
			seq: number;
			at: number;
		};
		db.prepare('update events set seq = ? where job_id = ? and seq = ?').run(seq + events, id, seq);
		const insert = db.prepare(`insert into events (job_id, seq, at, type, data) values (?, ?, ?, 'content', ?)`);
		for (let n = 0; n < events; n += 1)
			insert.run(id, seq + n, at, JSON.stringify({ target: 'report', text, replace: true }));
		db.prepare('update jobs set seq = seq + ? where id = ?').run(events, id);
	})();
	db.close();
}

/** Asks for a stream and never reads an answer. */
function deaf(url: string, path: string): void {
	const { hostname, port } = new URL(url);
	const socket = connect(Number(port), hostname);
	onTestFinished(() => void socket.destroy());
	socket.on('error', () => undefined);
	socket.pause();
	socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
	const began = performance.now();
	const result = await work();
	return { ms: performance.now() - began, result };
}

test('TS-18 readers that never read cost the server a cursor, not memory, and hold up nobody', async () => {
	const dataDir = temporaryFolder();
	const demo = await ServerProcess.demo();
	await control(demo, { pace: 60 });
	const server = await ServerProcess.headway(askedAt(demo.url, { HEADWAY_DATA: dataDir }), 'tests/chaos/serve.ts');
	const id = await startOne(server.url, questions[0]!, 'one');
	await endOf(server.url, id);
	lengthen(dataDir, id);
	// Twice before it is measured: code that has run once is warm.
	await logOf(server.url, id);
	const alone = await timed(() => logOf(server.url, id));
	const whole = alone.result.length;
	expect(whole).toBeGreaterThan(events);
	const before = await server.held();
	const input = encodeURIComponent(JSON.stringify({ follow: [{ jobId: id, after: whole - events }] }));
	for (let n = 0; n < deafReaders / 2; n += 1) {
		deaf(server.url, `/api/jobs/${id}/events`);
		deaf(server.url, `/api/trpc/live.watch?input=${input}`);
	}
	await expect.poll(async () => (await server.held()).streams, { timeout: 20_000 }).toBe(deafReaders);
	const beside = await timed(() => logOf(server.url, id));
	expect(beside.result).toEqual(alone.result);
	const after = await server.held();
	expect(after.streams).toBe(deafReaders);
	const held = (at: typeof before) => at.heapUsed + at.external + at.arrayBuffers;
	const [each, rssEach] = [held(after) - held(before), after.rss - before.rss].map((grown) => grown / deafReaders / MB);
	console.log(
		`chaos: a reader that never reads 20 MB holds ${each!.toFixed(2)} MB (rss ${rssEach!.toFixed(2)} MB); ` +
			`another reads them in ${Math.round(beside.ms)} ms, ${Math.round(alone.ms)} ms without them`
	);
	expect(each).toBeLessThan((events * bytesEach) / MB / 8);
	expect(rssEach).toBeLessThan(5);
	expect(beside.ms).toBeLessThan(5 * alone.ms + 1_000);
}, 90_000);
