import { moment, startChatApp, turn } from './chat-client.ts';
import type { Figure, Measure, Target } from './measure.ts';
import { median, quantile } from './statistics.ts';

const one = 'one conversation';
const many = 10;
/** Ten conversations do not slow each other: the promise of CH-11. And CH-01: a token takes less than 100 ms. */
const timesOne = 2;
const mostMs = 100;

/** Each word of the answer is the moment at which the provider sent it: how long each took to us, in ms. */
class Latencies {
	readonly ms: number[] = [];
	#open = '';

	take(text: string): void {
		const now = moment();
		const words = (this.#open + text).split(' ');
		this.#open = words.pop() ?? '';
		for (const word of words) this.ms.push(now - Number(word));
	}
}

/** One turn in a conversation of its own. */
async function latenciesOf(app: string, words: number): Promise<number[]> {
	const latencies = new Latencies();
	const message = `Good morning. ${JSON.stringify({ words, everyMs: 25 })}`;
	await turn(app, message, (text) => latencies.take(text));
	if (latencies.ms.length < words - 1) throw new Error(`${latencies.ms.length} words of ${words} came`);
	return latencies.ms;
}

const conversations: Measure = {
	name: 'conversations',
	about: `Ten conversations stream at once, 40 words a second each: from the provider's word to the client, against one.`,
	async run({ interleaved, quick, rounds }) {
		const words = quick ? 60 : 200;
		const app = await startChatApp();
		try {
			const crowd = () => Promise.all(Array.from({ length: many }, () => latenciesOf(app.url, words)));
			const single = () => latenciesOf(app.url, words);
			await crowd();
			const [together = [], apart = []] = await interleaved<number[][]>([crowd, async () => [await single()]], rounds);
			const figure = (what: string, of: (latencies: number[]) => number, targets: Target[]): Figure => ({
				...{ what: `ten at once, ${what}`, unit: 'ms', better: 'lower' },
				// The slowest of the ten stands for all of them.
				ours: together.map((each) => Math.max(...each.map(of))),
				peers: [{ name: one, rounds: apart.map((each) => Math.max(...each.map(of))) }],
				targets
			});
			return [
				figure('the slowest one’s median', median, [{ limit: mostMs }, { against: one, times: timesOne }]),
				// The worst of ten tails is longer than one tail even where nobody slows anybody: it has the plain limit only.
				figure('the slowest one’s 95th percentile', (latencies) => quantile(latencies, 0.95), [{ limit: mostMs }])
			];
		} finally {
			await app.stop();
		}
	}
};
export default conversations;
