import { post, startChatApp, turn } from './chat-client.ts';
import type { Measure } from './measure.ts';

const unstreamed = 'the same turn unstreamed';
/** The first visible text comes at least 70 % sooner than unstreamed: the promise of CH-15. */
const mostOfUnstreamed = 0.3;

let messages = 0;

/** An answer of two seconds: 80 words at 40 a second, as models write them. */
const message = (words: number) => `Good morning, no. ${++messages}. ${JSON.stringify({ words, everyMs: 25 })}`;

async function timed(ask: (shown: () => void) => Promise<void>): Promise<number> {
	const began = performance.now();
	let first = Number.NaN;
	await ask(() => {
		if (Number.isNaN(first)) first = performance.now() - began;
	});
	return first;
}

/** One JSON document at the end; the provider is asked without a stream too. */
async function askOnce(app: string, words: number, shown: () => void): Promise<void> {
	const response = await post(`${app}/api/chat`, { message: message(words), stream: false });
	let text = '';
	for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
	const answer = JSON.parse(text) as { text?: string };
	if (answer.text?.trim().split(' ').length !== words) throw new Error(`not the whole answer: ${text.slice(0, 300)}`);
	shown();
}

const chatStreamed: Measure = {
	name: 'chat-streamed',
	about: 'From sending a message to the first text that can be read: streamed, and the same turn unstreamed.',
	async run({ interleaved, quick, rounds }) {
		const words = quick ? 40 : 80;
		const app = await startChatApp();
		try {
			const streamed = () =>
				timed(async (shown) => {
					await turn(app.url, message(words), shown);
				});
			const once = () => timed((shown) => askOnce(app.url, words, shown));
			for (const each of [streamed, once]) await each();
			const [ours = [], peer = []] = await interleaved([streamed, once], Math.max(5, rounds));
			return [
				{
					...{ what: `first visible text of ${words} words at 40 a second`, unit: 'ms', better: 'lower', ours },
					...{ peers: [{ name: unstreamed, rounds: peer }] },
					targets: [{ against: unstreamed, times: mostOfUnstreamed }]
				}
			];
		} finally {
			await app.stop();
		}
	}
};
export default chatStreamed;
