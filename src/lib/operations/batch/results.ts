import { csvText } from '../../text/csv.ts';
import type { Cost } from '../../jobs/event.ts';
import { isTerminal } from '../../jobs/job.ts';
import { shortened } from '../../text/shortened.ts';
import { said, varyingIn } from './fields.ts';
import type { BatchPart, PlannedPart } from './model.ts';
import { titleOfPart } from './titles.ts';

/** What can be said of several parts together. */
export interface Totals {
	/** How many have ended, however they ended. */
	ended: number;
	succeeded: number;
	/** Those that ended because they were stopped: they say nothing of what they would have come to. */
	cancelled: number;
	/** Those whose result has a score, and those of them that have the full one. */
	scored: number;
	solved: number;
	/** 0 to 1, over those that have one; null without any. */
	meanScore: number | null;
	/** Of all together, in ms. */
	elapsedMs: number;
	/** Of all together; `known` only once each is. */
	cost: Cost;
}

/** Adds up parts. */
export function totalsOf(parts: readonly BatchPart[]): Totals {
	const scores = parts.flatMap(({ score }) => (score === null ? [] : [score]));
	const paid = parts.flatMap(({ cost: { usd } }) => (usd === null ? [] : [usd]));
	const count = (holds: (part: BatchPart) => boolean) => parts.filter(holds).length;
	return {
		ended: count(({ status }) => isTerminal(status)),
		succeeded: count(({ status }) => status === 'succeeded'),
		cancelled: count(({ status }) => status === 'cancelled'),
		scored: scores.length,
		solved: scores.filter((score) => score === 1).length,
		meanScore: scores.length > 0 ? sum(scores) / scores.length : null,
		elapsedMs: sum(parts.map(({ elapsedMs }) => elapsedMs ?? 0)),
		cost: { usd: paid.length > 0 ? sum(paid) : null, known: parts.length > 0 && parts.every(isPaid) }
	};
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const isPaid = ({ status, cost }: BatchPart) => isTerminal(status) && cost.known;

/** Longer values, such as a whole puzzle, are cut: a spreadsheet has no room for them. */
const LONGEST_VALUE = 1_000;

/**
 * All parts as comma-separated values, one a line in the order of the input: what varies, how it stands, its
 * score from 0 to 1, its time, what it cost and whether that is all. What is not known, or not there yet, is an empty field.
 */
export function resultsCsv(planned: readonly PlannedPart[], parts: readonly BatchPart[]): string {
	const known = new Map(parts.map((part) => [part.key, part]));
	const varying = varyingIn(planned.map(({ input }) => input));
	const heading = ['part', 'title', ...varying, ...facts, 'job', 'error'];
	const rows = planned.map((one) => {
		const { key, input } = one;
		const part = known.get(key);
		const values = varying.map((name) => shortened(said(input[name]), LONGEST_VALUE));
		return [
			key,
			part?.title ?? titleOfPart(one),
			...values,
			...factsOf(part),
			part?.jobId ?? '',
			part?.error?.message ?? ''
		];
	});
	return csvText([heading, ...rows]);
}

const facts = ['status', 'score', 'seconds', 'cost_usd', 'cost_known'];

function factsOf(part: BatchPart | undefined): string[] {
	if (!part) return ['not started', '', '', '', ''];
	const { status, score, elapsedMs, cost } = part;
	if (!isTerminal(status)) return [status, '', '', '', ''];
	const seconds = elapsedMs === null ? null : elapsedMs / 1000;
	return [status, written(score), written(seconds), written(cost.usd), cost.usd === null ? '' : String(cost.known)];
}

/** A figure without the noise of binary fractions. */
function written(value: number | null): string {
	return value === null ? '' : String(Number(value.toPrecision(12)));
}
