import { post, startChatApp, turn } from './chat-client.ts';
import type { Figure, Measure } from './measure.ts';
import { median } from './statistics.ts';

/** What a turn may add to the answering call's own first token, in ms: the promise of CH-01. */
const mostAddedMs = 150;
const alone = 'the answering call alone';

let messages = 0;
/** No two are alike, so that nothing is answered from what is known. */
const plain = () => `Good morning, no. ${++messages}.`;
const planned = () => `What is 2 + 2, no. ${++messages}?`;

/** A turn: ms until its first token, and what its helper calls took by its own count. */
async function ask(app: string, message: string): Promise<{ firstMs: number; helperMs: number }> {
	const began = performance.now();
	let firstMs = Number.NaN;
	const { timing } = await turn(app, message, () => {
		if (Number.isNaN(firstMs)) firstMs = performance.now() - began;
	});
	return { firstMs, helperMs: timing.helperMs };
}

/** The same request at the provider: ms until its first token. */
async function askProvider(provider: string): Promise<number> {
	const began = performance.now();
	const body = { model: 'bench', input: plain(), stream: true };
	const response = await post(`${provider}/responses`, body, { authorization: 'Bearer bench' });
	let text = '';
	for await (const chunk of response.setEncoding('utf8')) {
		text += chunk as string;
		if (text.includes('response.output_text.delta')) return performance.now() - began;
	}
	throw new Error(`the provider said nothing: ${text.slice(0, 300)}`);
}

const chatFirstToken: Measure = {
	name: 'chat-first-token',
	about: "From sending a message to the answer's first token, through the whole built app and at the provider alone.",
	async run({ interleaved, quick }) {
		const app = await startChatApp();
		try {
			const direct = async () => (await ask(app.url, plain())).firstMs;
			const withPlan = async () => {
				const { firstMs, helperMs } = await ask(app.url, planned());
				return firstMs - helperMs;
			};
			const bare = () => askProvider(app.provider);
			// What is compiled and connected by the first ones is so in any server that has run for a minute.
			for (const each of [direct, withPlan, bare]) for (let n = 0; n < 5; n += 1) await each();
			const [ours = [], tools = [], provider = []] = await interleaved([direct, withPlan, bare], quick ? 8 : 40);
			const added = (side: number[]) => side.map((ms, round) => ms - (provider[round] ?? Number.NaN));
			const limit = [{ limit: mostAddedMs }];
			const common = { unit: 'ms', better: 'lower' as const };
			const whole: Figure = {
				...{ ...common, what: 'a turn that needs no tool: first token', ours },
				...{ peers: [{ name: alone, rounds: provider }] },
				note: `Adds ${median(added(ours)).toFixed(1)} ms at the median. The provider takes no time of its own.`
			};
			return [
				whole,
				{ ...common, what: 'a turn that needs no tool: added', ours: added(ours), peers: [], targets: limit },
				{
					...{ ...common, what: 'a planned turn with one tool: added', ours: added(tools), peers: [], targets: limit },
					note: 'Without the time of the helper calls, which the turn tells apart.'
				}
			];
		} finally {
			await app.stop();
		}
	}
};
export default chatFirstToken;
