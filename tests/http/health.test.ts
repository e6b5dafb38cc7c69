import Database from 'better-sqlite3';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ended, makeApp, runsOf, start, temporaryFolder } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, keptLog } from './asking.ts';
import { LiveProvider } from './live-provider.ts';
import { Stepwise } from './stepwise.ts';
import { watch } from './watching.ts';

test('TS-22 /healthz says that the process is alive, /readyz that database and streams work, and leaves no stream open', async () => {
	const app = await makeApp({ runs: runsOf(new Stepwise().operation) });
	const url = await serveRoutes(app);
	expect(await ask(`${url}/healthz`)).toMatchObject({ status: 200, body: { status: 'alive' } });
	const listeners = app.bell.size;
	for (let n = 0; n < 5; n += 1) {
		expect(await ask(`${url}/readyz`)).toMatchObject({
			status: 200,
			body: { status: 'ready', checks: { database: true, streams: true }, providers: { demo: 'closed' } }
		});
	}
	expect(app.live.open).toBe(0);
	expect(app.bell.size).toBe(listeners);
});

test('TS-22 /readyz says 503 when the database does not take a write, while /healthz stays alive', async () => {
	const dataDir = temporaryFolder();
	const app = await makeApp({ runs: runsOf(new Stepwise().operation), dataDir });
	const url = await serveRoutes(app);
	const saboteur = new Database(join(dataDir, 'headway.db'));
	saboteur.exec("create trigger deaf before insert on meta begin select raise(abort, 'deaf'); end");
	expect(await ask(`${url}/readyz`)).toMatchObject({
		status: 503,
		body: { status: 'not_ready', checks: { database: false, streams: true } }
	});
	expect((await ask(`${url}/healthz`)).status).toBe(200);
	saboteur.exec('drop trigger deaf');
	saboteur.close();
	expect((await ask(`${url}/readyz`)).status).toBe(200);
});

test('TS-22 /readyz says 503 when streams cannot read, and when the server drains or is closed', async () => {
	const dataDir = temporaryFolder();
	const app = await makeApp({ runs: runsOf(new Stepwise().operation), dataDir });
	const url = await serveRoutes(app);
	const saboteur = new Database(join(dataDir, 'headway.db'));
	saboteur.exec('alter table jobs rename to elsewhere');
	expect(await ask(`${url}/readyz`)).toMatchObject({ status: 503, body: { checks: { streams: false } } });
	saboteur.exec('alter table elsewhere rename to jobs');
	saboteur.close();
	await app.drain();
	expect(await ask(`${url}/readyz`)).toMatchObject({ status: 503, body: { status: 'draining' } });
	await app.close();
	expect((await ask(`${url}/readyz`)).status).toBe(503);
});

const patience = { timeout: 4_000 };

/** The value of one line of the Prometheus text; 0 when there is none. */
async function metric(url: string, line: string): Promise<number> {
	const text = await (await fetch(`${url}/metrics`)).text();
	const found = text.split('\n').find((each) => each.startsWith(`${line} `));
	return Number(found?.slice(line.length) ?? 0);
}

test('OP-12 TS-22 the metrics count jobs by status, endings, durations, tokens and cancellations by reason', async () => {
	const stepwise = new Stepwise();
	const provider = new LiveProvider();
	const { operationRuns } = await import('$lib/operations/index.server.ts');
	const app = await makeApp({
		runs: { ...operationRuns(), ...runsOf(stepwise.operation) },
		provider,
		env: { HEADWAY_MAX_RUNNING: '2' }
	});
	const url = await serveRoutes(app);
	const begin = async (text: string) => {
		const { id } = await start(app, 'stepwise', { text });
		return { id, step: await stepwise.begun(id) };
	};
	const [done, failed] = [await begin('a'), await begin('b')];
	const queued = await start(app, 'stepwise', { text: 'c' });
	expect(await metric(url, 'headway_jobs{status="running"}')).toBe(2);
	expect(await metric(url, 'headway_jobs{status="queued"}')).toBe(1);
	await app.jobs.cancel('local', queued.id);
	done.step.finish('ok');
	failed.step.fail('Not today.');
	const cancelled = await begin('d');
	await app.jobs.cancel('local', cancelled.id);
	for (const { id } of [done, failed, cancelled, queued]) await ended(app, id);
	const research = await start(app, 'research', { query: 'How much?' });
	provider.complete('So much.');
	await ended(app, research.id);
	expect(await metric(url, 'headway_jobs{status="cancelled"}')).toBe(2);
	expect(await metric(url, 'headway_jobs{status="queued"}')).toBe(0);
	expect(await metric(url, 'headway_jobs_ended_total{operation="stepwise",status="succeeded",code=""}')).toBe(1);
	expect(
		await metric(url, 'headway_jobs_ended_total{operation="stepwise",status="failed",code="provider_error"}')
	).toBe(1);
	expect(await metric(url, 'headway_jobs_ended_total{operation="stepwise",status="cancelled",code=""}')).toBe(2);
	expect(await metric(url, 'headway_cancellations_total{reason="user"}')).toBe(2);
	expect(await metric(url, 'headway_job_duration_seconds_count{operation="stepwise",status="succeeded"}')).toBe(1);
	expect(await metric(url, 'headway_tokens_total{direction="input"}')).toBe(1_200);
	expect(await metric(url, 'headway_tokens_total{direction="output"}')).toBe(340);
	expect((await fetch(`${url}/metrics`)).headers.get('content-type')).toMatch(/^text\/plain.*version=0\.0\.4/);
});

test('OP-12 the gauge of open streams goes up with each stream of either door and comes back when it is hung up', async () => {
	const stepwise = new Stepwise();
	const app = await makeApp({ runs: runsOf(stepwise.operation) });
	const url = await serveRoutes(app);
	const { id } = await start(app, 'stepwise', { text: 'watched' });
	const step = await stepwise.begun(id);
	const hangUp = new AbortController();
	for (let n = 0; n < 3; n += 1) await fetch(`${url}/api/jobs/${id}/events`, { signal: hangUp.signal });
	const watching = watch(url, { follow: [{ jobId: id, after: 0 }], frame: () => undefined });
	const open = (door: string) => metric(url, `headway_streams_open{door="${door}"}`);
	await expect.poll(() => open('sse'), patience).toBe(3);
	await expect.poll(() => open('trpc'), patience).toBe(1);
	hangUp.abort();
	await expect.poll(() => open('sse'), patience).toBe(0);
	expect(await open('trpc')).toBe(1);
	step.finish('ok');
	await watching;
	await expect.poll(() => open('trpc'), patience).toBe(0);
	expect(await metric(url, 'headway_streams_closed_total{door="sse",how="left"}')).toBe(3);
	expect(await metric(url, 'headway_streams_closed_total{door="trpc",how="ended"}')).toBe(1);
});

test('OP-12 the log has one structured line for the end of each job, at the level that is asked for', async () => {
	const stepwise = new Stepwise();
	const { log, lines } = keptLog();
	const app = await makeApp({ runs: runsOf(stepwise.operation), log });
	const { id } = await start(app, 'stepwise', { text: 'logged' });
	(await stepwise.begun(id)).finish('ok');
	await ended(app, id);
	await expect
		.poll(() => lines.filter(({ msg }) => msg === 'job ended'))
		.toEqual([expect.objectContaining({ level: 30, jobId: id, operation: 'stepwise', status: 'succeeded' })]);
	const quiet = await makeApp({ runs: runsOf(new Stepwise().operation), env: { LOG_LEVEL: 'warn' } });
	expect(quiet.log.level).toBe('warn');
});
