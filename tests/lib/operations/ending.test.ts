import { expect, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import { askForAny, unheard } from '$lib/operations/answer.ts';
import { assertAnswered, endedWithout, saidNothing, whyIncomplete, whyStopped } from '$lib/operations/ending.ts';
import type { DurableProvider, ProviderEvent, ProviderOutcome } from '$lib/operations/provider.ts';
import { ended, outcome } from '../server/fake-provider.ts';

const stopped = (incompleteReason: string | null) => outcome('incomplete', { text: 'Half', incompleteReason });

test.each<[string, ProviderOutcome, string | null, string, string]>([
	['was declined', outcome('completed', { refusal: 'Not this.' }), null, 'refused', 'The model declined: Not this.'],
	['was declined in the stream', outcome('failed'), 'No.', 'refused', 'The model declined: No.'],
	[
		'was cancelled there',
		outcome('cancelled'),
		null,
		'provider_error',
		'The answer was cancelled at the demo provider. Try again.'
	],
	[
		'failed',
		outcome('failed', { error: new HeadwayError('provider_quota', 'Nothing is left.') }),
		null,
		'provider_quota',
		'Nothing is left.'
	]
])('RS-06 an answer that %s is an error with a code and a sentence', (_, end, refusal, code, message) => {
	expect(() => assertAnswered(end, refusal, 'the demo provider')).toThrow(expect.objectContaining({ code, message }));
});

test('RS-06 one of which the last word did not come is an error too, and begins as a sentence does', () => {
	expect(endedWithout(null, 'the demo provider')).toMatchObject({
		code: 'provider_connection',
		message: 'The demo provider ended without an answer. What arrived is kept. Try again.'
	});
	expect(endedWithout(null, 'vLLM').message).toMatch(/^vLLM ended/);
	expect(endedWithout('I will not.', 'vLLM')).toMatchObject({
		code: 'refused',
		message: 'The model declined: I will not.'
	});
});

test('TS-12 what stopped early says why, what is not complete, and what can be done where something can', () => {
	const advice = { max_output_tokens: 'Ask for less.' };
	expect(whyIncomplete(stopped('max_output_tokens'), 'report', advice)).toBe(
		'Stopped at the length limit: the report is not complete. Ask for less.'
	);
	expect(whyIncomplete(stopped('content_filter'), 'report', advice)).toBe(
		'Stopped by the content filter: the report is not complete.'
	);
	expect(whyIncomplete(stopped('constructor'), 'report', advice)).toBe(
		'The model stopped before the end: the report is not complete.'
	);
	expect([whyStopped(outcome('completed')), whyIncomplete(outcome('completed'), 'report')]).toEqual([null, null]);
	expect(saidNothing(stopped(null), 'report').code).toBe('incomplete');
	expect(saidNothing(outcome('completed'), 'report').code).toBe('provider_error');
});

test('TS-12 an answer in which nothing stands takes away nothing of what arrived', async () => {
	const events: ProviderEvent[] = [
		{ cursor: null, type: 'text', itemId: 'm', part: 0, text: 'Half a' },
		ended(null, outcome('incomplete', { text: '' }))
	];
	const provider: Pick<DurableProvider, 'respond' | 'label'> = {
		label: 'Fake',
		async *respond() {
			yield* events;
		}
	};
	const told: string[] = [];
	const question = { request: { input: '?' }, step: 's', activity: '', shown: '', thought: '' };
	const listener = { ...unheard, text: (piece: string) => void told.push(piece) };
	const answer = await askForAny(provider as DurableProvider, question, listener);
	expect(told).toEqual(['Half a']);
	expect(answer).toMatchObject({ text: '', stopped: 'The model stopped before the end' });
});
