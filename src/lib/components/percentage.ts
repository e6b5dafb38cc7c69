import type { JobSnapshot } from '../jobs/snapshot.ts';

/** A progress as a bar shows it, with its basis in words (BY-04). */
export interface Percentage {
	/** 0 to 100; null when unknown. Below 100 for as long as the job runs. */
	value: number | null;
	/** With one decimal, so that it is seen to move; empty when unknown. */
	text: string;
	basis: 'measured' | 'estimated' | 'unknown';
	/** For a screen reader: whole percents and the basis. */
	spoken: string;
}

/** Rounds down: 99.99 % is not 100 %. */
export function percentageOf(progress: JobSnapshot['progress']): Percentage {
	if (progress.fraction === null) {
		return { value: null, text: '', basis: 'unknown', spoken: 'progress unknown' };
	}
	const value = Math.floor(progress.fraction * 1000) / 10;
	const text = value === 100 ? '100 %' : `${value.toFixed(1)} %`;
	return { value, text, basis: progress.basis, spoken: `${Math.floor(value)} percent, ${progress.basis}` };
}
