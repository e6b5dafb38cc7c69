import type { ProviderReport } from '$lib/client/providers.ts';
import { clockTime } from '$lib/components/moment.ts';

/** How a provider stands, in words; only what is wrong has a color. */
export interface Standing {
	words: string;
	tone: 'calm' | 'warn' | 'bad';
}

type Facts = Pick<ProviderReport, 'breaker' | 'health' | 'lastTest'>;

/** What a person reads of a provider's state at a glance. */
export function standingOf({ breaker, health, lastTest }: Facts): Standing {
	switch (breaker.state) {
		case 'held':
			return { words: 'The key was refused: nothing is sent until a test succeeds', tone: 'bad' };
		case 'open':
			return {
				words: `Paused until ${breaker.tryAt === null ? 'a test succeeds' : clockTime(breaker.tryAt)}`,
				tone: 'bad'
			};
		case 'due':
			return { words: 'Its pause is over: the next request is let through to see', tone: 'warn' };
		case 'trying':
			return { words: 'One request is let through to see', tone: 'warn' };
	}
	if (breaker.failuresInRow > 0) {
		const times =
			breaker.failuresInRow === 1 ? 'the last request failed' : `${breaker.failuresInRow} failures in a row`;
		return { words: `Having trouble: ${times}`, tone: 'warn' };
	}
	if (lastTest && !lastTest.ok && lastTest.at >= (health.lastSuccessAt ?? 0))
		return { words: 'The test failed', tone: 'warn' };
	return { words: health.requests === 0 ? 'Not asked yet' : 'Fine', tone: 'calm' };
}

/** "background runs, web search, pictures". */
export function abilitiesOf({ can }: Pick<ProviderReport, 'can'>): string {
	const words = [
		[can.background, 'runs that go on without a connection'],
		[can.webSearch, 'web search'],
		[can.images, 'pictures'],
		[can.structured, 'structured answers'],
		[can.embeddings, 'search by meaning']
	] as const;
	return words.flatMap(([is, word]) => (is ? word : [])).join(', ') || 'plain answers';
}

/** "1.2 s", "34 ms". */
export function latencyText(ms: number): string {
	return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
