import type { IncomingMessage, ServerResponse } from 'node:http';
import { setResponse } from '@sveltejs/kit/node';
import { HeadwayError } from '../../jobs/error.ts';
import type { App } from '../app.ts';
import { describe } from '../fault.ts';
import type { PushedStream } from '../live/outlet.ts';
import { plainWire, trpcWire, type Framing, type StreamWire } from '../live/wires.ts';
import { ownerOf, type OwnerOf } from '../owner.ts';
import { openWatch, trpcHead, watchErrorShape } from '../trpc/pushed-watch.ts';
import { Arrival, type ProxySettings } from './arrival.ts';
import { explain } from './door.ts';
import { enter, type Visit } from './entrance.ts';
import { askedEvents, askedJob, nothingMore } from './job-doors.ts';
import { problem } from './problem.ts';
import { isOld, SocketStream, type StreamTerms } from './socket-stream.ts';
import { plainHead } from './sse.ts';

/** What a request is answered with: a stream, the reason why there is none in a stream's place, or (null) only what `enter` answers. */
type Opening = { stream: PushedStream } | { error: unknown } | null;

/** One of the addresses whose streams are pushed. */
interface Way {
	wire: Record<Framing, StreamWire>;
	open(visit: Visit): Promise<{ response: Response; opening: Opening }>;
}

const watchPath = '/api/trpc/live.watch';
const eventsPath = /^\/api\/jobs\/([\w-]+)\/events$/;

/**
 * The fast path: takes the three addresses whose answers are streams off SvelteKit's hands, and sends frames straight to
 * the sockets. What each answer begins with - limits, guard, headers, errors - is what all other addresses have.
 */
export class StreamDoor {
	readonly #app: App;
	readonly #settings: ProxySettings;
	readonly #ownerOf: OwnerOf;
	readonly #terms: StreamTerms;
	readonly #trpc: Record<Framing, StreamWire>;
	readonly #plain = { chunked: plainWire('chunked'), identity: plainWire('identity') };

	/** `settings` are the process's environment, as adapter-node reads it. */
	constructor(app: App, settings: ProxySettings = {}, owner: OwnerOf = ownerOf) {
		this.#app = app;
		this.#settings = settings;
		this.#ownerOf = owner;
		const { logEpoch } = app;
		this.#trpc = { chunked: trpcWire(logEpoch, 'chunked'), identity: trpcWire(logEpoch, 'identity') };
		this.#terms = { config: app.config, shapeOf: (error) => this.#shapeOf(error) };
	}

	/** Whether it answers this request; one that it does not is untouched. */
	take(req: IncomingMessage, res: ServerResponse): boolean {
		// One that waits behind another answer has no socket of its own yet.
		if (req.method !== 'GET' || req.httpVersionMajor !== 1 || !res.socket) return false;
		const way = this.#wayTo(req.url ?? '');
		if (!way) return false;
		const visit = this.#visit(req);
		if (!visit || isOdd(visit)) return false;
		this.#answer(visit, res, way).catch((error: unknown) => this.#fail(res, error));
		return true;
	}

	#wayTo(address: string): Way | null {
		const path = address.split('?', 1)[0] ?? '';
		if (path === watchPath) return { wire: this.#trpc, open: (visit) => this.#openWatch(visit) };
		const events = (job: (visit: Visit) => Promise<string> | string): Way => ({
			wire: this.#plain,
			open: (visit) => this.#openEvents(visit, job)
		});
		if (path === '/api/events') return events(askedJob);
		const jobId = eventsPath.exec(path)?.[1];
		return jobId ? events(() => jobId) : null;
	}

	/** The request as SvelteKit's hooks would see it; null for what its handler answers as broken. */
	#visit(req: IncomingMessage): Visit | null {
		const arrival = new Arrival(req, this.#settings);
		try {
			const headers = Object.entries(req.headers).map(([name, value]): [string, string] => [name, String(value)]);
			const request = new Request(arrival.origin + req.url, { headers });
			const locals = { app: this.#app, owner: this.#ownerOf(request), allowances: [] };
			return { request, url: new URL(request.url), locals, getClientAddress: () => arrival.address };
		} catch {
			return null;
		}
	}

	async #answer(visit: Visit, res: ServerResponse, way: Way): Promise<void> {
		let opening: Opening = null;
		const response = await enter(visit, async () => {
			const opened = await way.open(visit);
			opening = opened.opening;
			return opened.response;
		});
		const answer = opening as Opening;
		if (!answer) return setResponse(res, response);
		const head = { status: response.status, headers: Object.fromEntries(response.headers) };
		const form = { wire: way.wire[isOld(res.req) ? 'identity' : 'chunked'], terms: this.#terms };
		if ('error' in answer) SocketStream.refuse(res, head, answer.error, form);
		else SocketStream.begin(res, head, answer.stream, form);
	}

	/** tRPC's own refusals come in a stream as well, after a head that says 200. */
	async #openWatch(visit: Visit): Promise<{ response: Response; opening: Opening }> {
		const response = new Response(null, { headers: trpcHead });
		const opening = await openWatch(visit).then(
			(stream) => ({ stream }),
			(error: unknown) => ({ error })
		);
		return { response, opening };
	}

	async #openEvents(
		visit: Visit,
		job: (visit: Visit) => Promise<string> | string
	): Promise<{ response: Response; opening: Opening }> {
		try {
			const asked = await askedEvents(visit, await job(visit));
			if (!asked) return { response: nothingMore(), opening: null };
			const { app, owner } = visit.locals;
			const stream = await app.live.push({ owner, follow: [asked], feed: false, snapshots: false, door: 'sse' });
			return { response: new Response(null, { headers: plainHead }), opening: { stream } };
		} catch (error) {
			return { response: problem(explain(error, visit)), opening: null };
		}
	}

	#shapeOf(error: unknown): unknown {
		const { shape, ours } = watchErrorShape(error);
		if (ours) this.#app.log.error({ error: describe(error) }, 'stream failed');
		return shape;
	}

	#fail(res: ServerResponse, error: unknown): void {
		this.#app.log.error({ error: describe(error) }, 'request failed');
		if (res.headersSent) return void res.destroy();
		void setResponse(
			res,
			problem(new HeadwayError('internal', 'Something went wrong inside Headway. The log says more.'))
		);
	}
}

/** What tRPC answers in another way than by a stream: batches, other forms of answers, and parameters of a connection; and a body, which would have to be read. */
function isOdd({ request: { headers }, url: { searchParams } }: Visit): boolean {
	const unusual = ['trpc-accept', 'content-type', 'content-length', 'transfer-encoding'];
	return (
		unusual.some((name) => headers.has(name)) ||
		['batch', 'connectionParams'].some((name) => searchParams.has(name)) ||
		(headers.get('accept') ?? '').includes('application/jsonl')
	);
}
