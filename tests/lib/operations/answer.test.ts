import { expect, test } from 'vitest';
import { ask, type Question } from '$lib/operations/answer.ts';
import type { DurableProvider, ProviderEvent } from '$lib/operations/provider.ts';
import { ended, outcome } from '../server/fake-provider.ts';

const thinks = (text: string, index = 0): ProviderEvent => ({
	...{ cursor: null, type: 'reasoning_delta', itemId: 'r', index },
	text
});
const thought = (text: string, index = 0): ProviderEvent => ({
	...{ cursor: null, type: 'reasoning', itemId: 'r', index },
	text
});
const writes = (text: string): ProviderEvent => ({ cursor: null, type: 'text', itemId: 'm', part: 0, text });
const over = (...items: ProviderEvent[]) => ended(null, { ...outcome('completed', { text: 'Done.' }), items });

/** What a listener hears of these events, in their order. */
async function heard(events: readonly ProviderEvent[], known: Partial<Question> = {}): Promise<string[]> {
	const provider: Pick<DurableProvider, 'respond' | 'label'> = {
		label: 'Fake',
		async *respond() {
			yield* events;
		}
	};
	const lines: string[] = [];
	const question = { ...{ request: { input: '?' }, step: 's', activity: 'Writing', shown: '', thought: '' }, ...known };
	await ask(provider as DurableProvider, question, {
		text: (piece, restart) => lines.push(`${restart ? 'instead' : 'text'}: ${piece}`),
		reasoning: (piece) => lines.push(`reasoning: ${piece}`),
		activity: (line) => lines.push(`says: ${line}`)
	});
	return lines;
}

test('TS-16 IR-02 the reasoning of an answer that was not streamed is told, part by part', async () => {
	expect(await heard([over(thought('Look.'), thought('Think.', 1))])).toEqual([
		'says: Writing',
		...['reasoning: Look.', 'reasoning: \n\nThink.', 'text: Done.']
	]);
});

test('TS-02 TS-08 what was told of the reasoning is not told again when it is whole, nor after a restart', async () => {
	const items = [thought('Look.'), thought('Think.', 1)];
	const rest = [thinks('Think.', 1), thought('Think.', 1), writes('Done.'), over(...items)];
	expect(await heard([thinks('Lo'), thinks('ok.'), thought('Look.'), ...rest])).toEqual([
		'says: Writing',
		...['reasoning: Lo', 'reasoning: ok.', 'reasoning: \n\nThink.', 'text: Done.']
	]);
	expect(
		await heard([thinks('ink.', 1), writes('ne.'), over(...items)], { thought: 'Look.\n\nTh', shown: 'Do' })
	).toEqual(['says: Writing', ...['reasoning: ink.', 'text: ne.']]);
});

test('TS-08 PG-04 the queue is told of while the answer waits in it, and no longer', async () => {
	const queued: ProviderEvent = { cursor: null, type: 'alive', status: 'queued' };
	expect(await heard([queued, queued, thinks('Look.'), writes('Done.'), over()])).toEqual([
		...['says: Writing', "says: Waiting in the provider's queue", 'says: Writing'],
		...['reasoning: Look.', 'text: Done.']
	]);
});
