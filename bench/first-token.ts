import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { BuiltApp } from './built-app.ts';
import type { Figure, Measure } from './measure.ts';
import { Remote } from './process.ts';
import { median, quantile } from './statistics.ts';

/** What a client sends, and the first thing that it waits for. */
interface Asked {
	url: string;
	method?: 'GET' | 'POST';
	headers?: Record<string, string>;
	body?: unknown;
}

/** Milliseconds after which a token that has not come never will. */
const patienceMs = 20_000;
const alone = 'the provider alone';

function send({ url, method = 'POST', headers = {}, body }: Asked): Promise<IncomingMessage> {
	const json = body === undefined ? {} : { 'content-type': 'application/json' };
	return new Promise((resolve, reject) => {
		const sent = request(url, { method, agent: false, headers: { ...json, ...headers } }, resolve);
		sent.on('error', reject).setTimeout(patienceMs, () => sent.destroy(new Error(`${url} was silent`)));
		sent.end(body === undefined ? undefined : JSON.stringify(body));
	});
}

/** The body as text until the pattern is in it, or to its end without one. */
async function read(response: IncomingMessage, pattern?: RegExp): Promise<string> {
	let text = '';
	for await (const chunk of response.setEncoding('utf8')) {
		text += chunk as string;
		if (pattern?.test(text)) return text;
	}
	if (pattern || (response.statusCode ?? 500) >= 400)
		throw new Error(`an answer ${response.statusCode} without ${String(pattern)}: ${text.slice(0, 500)}`);
	return text;
}

/** Headway's event in either form of the wire; the provider's own. */
const content = /"type":"content"/;
const delta = /response\.output_text\.delta/;

let questions = 0;
/** No two are alike, so that nothing is answered from what is known. */
const question = () => `Why does the sea rise? Asked for the time no. ${++questions}.`;

const askProvider = async (provider: string) => {
	const body = { model: 'gpt-6-astra', input: question(), stream: true };
	await read(await send({ url: `${provider}/responses`, headers: { authorization: 'Bearer bench' }, body }), delta);
};

const research = () => ({ query: question(), depth: 'quick' });

/** As `curl` does: one request, whose answer is the stream. */
const askPlain = async (app: string) => {
	const body = { operation: 'research', input: research() };
	await read(await send({ url: `${app}/api/jobs`, headers: { accept: 'text/event-stream' }, body }), content);
};

/** As the page does: it starts the job, and follows it from the snapshot that it is given. */
const askAsPage = async (app: string) => {
	const started = await send({ url: `${app}/api/trpc/operations.research.start`, body: { input: research() } });
	const { result } = JSON.parse(await read(started)) as { result: { data: { id: string; seq: number } } };
	const input = { follow: [{ jobId: result.data.id, after: result.data.seq }], feed: true };
	const url = `${app}/api/trpc/live.watch?input=${encodeURIComponent(JSON.stringify(input))}`;
	await read(await send({ url, method: 'GET', headers: { accept: 'text/event-stream' } }), content);
};

async function timed(ask: () => Promise<void>): Promise<number> {
	const began = performance.now();
	await ask();
	return performance.now() - began;
}

const firstToken: Measure = {
	name: 'first-token',
	about: 'From the request to the first token of the answer, through the whole built app and from the provider alone.',
	async run({ interleaved, quick }) {
		const provider = await Remote.start('./model-server.ts');
		const address = await provider.call<string>('address');
		const limits = { HEADWAY_STARTS_PER_MINUTE: '0', HEADWAY_REQUESTS_PER_MINUTE: '0', HEADWAY_MAX_UNFINISHED: '1000' };
		const app = await BuiltApp.start({ ...limits, OPENAI_API_KEY: 'bench', OPENAI_BASE_URL: address }).catch(
			(error: unknown) => {
				provider.stop();
				throw error;
			}
		);
		try {
			const asks = [() => askPlain(app.url), () => askAsPage(app.url), () => askProvider(address)];
			// What is compiled and connected by the first ones is so in any server that has run for a minute.
			for (const ask of asks) for (let n = 0; n < 5; n += 1) await ask();
			const tasks = asks.map((ask) => () => timed(ask));
			const [plain = [], page = [], bare = []] = await interleaved(tasks, quick ? 8 : 40);
			const figure = (what: string, ours: number[]): Figure => ({
				...{ what, unit: 'ms', better: 'lower', ours, peers: [{ name: alone, rounds: bare }] },
				note:
					`Adds ${(median(ours) - median(bare)).toFixed(1)} ms at the median, ` +
					`${(quantile(ours, 0.95) - quantile(bare, 0.95)).toFixed(1)} ms at the 95th percentile.`
			});
			const added: Figure = {
				...{
					what: 'first token, plain HTTP: added to what the provider takes',
					unit: 'ms',
					better: 'lower',
					peers: []
				},
				ours: plain.map((ms, round) => ms - (bare[round] ?? NaN))
			};
			return [figure('first token, plain HTTP', plain), figure('first token, as the page asks', page), added];
		} finally {
			await app.stop();
			provider.stop();
		}
	}
};
export default firstToken;
