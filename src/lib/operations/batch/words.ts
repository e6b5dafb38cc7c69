import { dollars } from '../../jobs/dollars.ts';
import { formatDuration } from '../../jobs/duration.ts';
import { isTerminal } from '../../jobs/job.ts';
import type { BatchPart } from './model.ts';

/** What a part took and cost, as far as that is known: "00:12 · $0.02"; empty while it has not ended. */
export function spentOn({ status, elapsedMs, cost }: Pick<BatchPart, 'status' | 'elapsedMs' | 'cost'>): string {
	if (!isTerminal(status)) return '';
	const said = [elapsedMs !== null && formatDuration(elapsedMs), cost.usd !== null && dollars(cost.usd)];
	return said.filter((one) => one !== false).join(' · ');
}

/** A field's name as a person reads it: `puzzleId` is "Puzzle", `partialImages` is "Partial images". */
export function fieldTitle(name: string): string {
	const words = name
		.replace(/(?<=[a-z])Id$/, '')
		.replace(/([a-z])([A-Z])/g, (_, before: string, letter: string) => `${before} ${letter.toLowerCase()}`);
	return words.replace(/^./, (letter) => letter.toUpperCase());
}
