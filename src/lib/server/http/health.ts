import type { RequestEvent } from '@sveltejs/kit';
import { feedKey } from '../bell.ts';
import { pause } from '../clock.ts';

/** `GET /healthz`: the process answers. */
export async function alive(): Promise<Response> {
	return Response.json({ status: 'alive' });
}

/** How long the check of the streams may take. */
const PATIENCE_MS = 2_000;
const PROBE = 'readiness-probe';

/**
 * `GET /readyz`: the database takes a write, and a stream that is opened receives (TS-22). 503 says what does not work. How
 * the circuit breaker of each provider stands is told beside: without a provider the server still shows what it has.
 */
export async function ready({ locals }: RequestEvent): Promise<Response> {
	const { app } = locals;
	const draining = app.live.draining.aborted;
	const [database, streams] = draining
		? [true, false]
		: await Promise.all([works(() => app.queries.probe()), works(() => probeStream(locals))]);
	const ok = database && streams;
	const status = ok ? 'ready' : draining ? 'draining' : 'not_ready';
	const providers = Object.fromEntries(app.providers.all().map(({ id, breaker }) => [id, breaker.state.state]));
	const body = { status, checks: { database, streams }, providers };
	return Response.json(body, { status: ok ? 200 : 503 });
}

async function works(check: () => Promise<void>): Promise<boolean> {
	return check().then(
		() => true,
		() => false
	);
}

/** Opens a stream like any reader's, rings for it and waits until it is heard. */
async function probeStream({ app }: App.Locals): Promise<void> {
	const gone = new AbortController();
	const frames = app.live.watch({ owner: PROBE, follow: [], feed: true, snapshots: true }, gone.signal);
	const late = pause(app.clock, PATIENCE_MS, gone.signal).then(() => {
		throw new Error('the stream is silent');
	});
	try {
		await Promise.race([receive(app, frames), late]);
	} finally {
		gone.abort();
		late.catch(() => undefined);
		await frames.return();
	}
}

async function receive(app: App.Locals['app'], frames: AsyncGenerator<{ kind: string }, void>): Promise<void> {
	for await (const { kind } of frames) {
		if (kind !== 'live') continue;
		const next = frames.next();
		app.bell.ring(feedKey(PROBE));
		const { done } = await next;
		if (done) throw new Error('the stream ended');
		return;
	}
}
