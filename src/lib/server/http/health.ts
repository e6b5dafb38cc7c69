import type { RequestEvent } from '@sveltejs/kit';
import { feedKey } from '../bell.ts';
import { pause } from '../clock.ts';
import type { Parts, PushedStream } from '../live/outlet.ts';

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

/** Opens a stream like any reader's, rings for it when it has caught up, and waits until that is heard. */
async function probeStream({ app }: App.Locals): Promise<void> {
	const stream = await app.live.push({ owner: PROBE, follow: [], feed: true, snapshots: true, unpaced: true });
	const over = new AbortController();
	const late = pause(app.clock, PATIENCE_MS, over.signal).then(() => {
		throw new Error('the stream is silent');
	});
	try {
		await Promise.race([heard(app, stream), late]);
	} finally {
		over.abort();
		late.catch(() => undefined);
		stream.leave();
	}
}

/** Resolves when the stream sends something after it is live: a change of the list. */
function heard(app: App.Locals['app'], stream: PushedStream): Promise<void> {
	let live = false;
	return new Promise((resolve, reject) => {
		const frame = ({ kind }: Parts) => {
			if (live) resolve();
			else if (kind === 'live') setImmediate(() => app.bell.ring(feedKey(PROBE)));
			live ||= kind === 'live';
			return Buffer.alloc(0);
		};
		stream.start({
			wire: { frame, ping: Buffer.alloc(0) },
			send: () => true,
			over: (_how, error) => reject(error instanceof Error ? error : new Error('the stream ended'))
		});
	});
}
