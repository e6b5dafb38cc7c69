import { z } from 'zod';
import { errorCode } from '../../jobs/error.ts';
import { artifact, cost, progress, unknownCost } from '../../jobs/event.ts';
import { isTerminal, jobOptions, jobStatus } from '../../jobs/job.ts';
import { partsForecast, type PartsForecast } from '../../jobs/parts-forecast.ts';
import { shortened } from '../../text/shortened.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import { defineOperation, type Part } from '../operation.ts';

/** The most parts that one batch has: three models on each of the puzzles that ship, and some more. */
export const MOST_PARTS = 200;
/** So many of them are in the queue or run at once: a batch never takes all of its owner's unfinished jobs for itself. */
export const MOST_OPEN = 50;

/** The most that one may ask for as a budget, in US dollars. */
export const MOST_BUDGET = 1_000_000;

const fields = z.record(z.string().min(1).max(100), z.unknown());

/** Several jobs of one operation: an input for each, or one input and what varies in it. */
const input = z
	.strictObject({
		operation: z
			.string()
			.min(1)
			.max(100)
			.refine((id) => id !== 'batch', 'A batch cannot be made of batches.'),
		inputs: z
			.array(fields)
			.min(1, 'Give at least one part.')
			.max(MOST_PARTS, `At most ${MOST_PARTS} parts.`)
			.optional(),
		input: fields.optional(),
		/** Values by field of the input; there is a part for each combination. */
		vary: z
			.record(
				z.string().min(1).max(100),
				z.array(z.unknown()).min(1, 'Give at least one value.').max(MOST_PARTS, `At most ${MOST_PARTS} values.`)
			)
			.optional(),
		/** How each part is to run. */
		options: jobOptions.omit({ onDisconnect: true, priority: true }).optional(),
		/** In US dollars: once its parts have cost so much, they are stopped and no other is started. */
		budget: z
			.number('A budget is a number of US dollars.')
			.positive('A budget is more than 0.')
			.max(MOST_BUDGET, `A budget is at most ${MOST_BUDGET} US dollars.`)
			.optional()
	})
	.superRefine(({ inputs, input, vary }, ctx) => {
		const wrong = (path: string, message: string) => ctx.addIssue({ code: 'custom', path: [path], message });
		if (inputs && (input || vary)) wrong('inputs', 'Give either `inputs`, or `input` with `vary`.');
		if (!inputs && !(input && vary)) wrong('inputs', 'Give `inputs`, a list, or `input` with what to `vary` in it.');
		if (vary && Object.keys(vary).length === 0) wrong('vary', 'Name at least one field with its values.');
		if (vary && countOf(vary) > MOST_PARTS)
			wrong('vary', `These are ${countOf(vary)} combinations; a batch has at most ${MOST_PARTS} parts.`);
	});
export type BatchInput = z.output<typeof input>;

function countOf(vary: Record<string, unknown[]>): number {
	return Object.values(vary).reduce((count, values) => count * values.length, 1);
}

/** What a batch knows of one part. Its own job, which is null when it could not even be started, knows the rest. */
const part = z.object({
	/** From `1`, in the order of the input. */
	key: z.string(),
	jobId: z.string().nullable(),
	title: z.string(),
	status: jobStatus,
	progress,
	artifacts: z.array(artifact),
	error: z.object({ code: errorCode, message: z.string() }).nullable(),
	/** How good its result is, 0 to 1, by its own operation; null where nobody knows. */
	score: z.number().min(0).max(1).nullable().default(null),
	/** From its start to its end, or to when this was told; null where an older version wrote it. */
	elapsedMs: z.number().nullable().default(null),
	cost: cost.default(unknownCost)
});
export type BatchPart = z.infer<typeof part>;

const result = z.object({
	parts: z.array(part.omit({ progress: true })),
	succeeded: z.number().int(),
	failed: z.number().int(),
	cancelled: z.number().int()
});
export type BatchResult = z.infer<typeof result>;

/** What only a part that has not ended can be at. */
const standing = { cancelling: z.boolean(), waitingFor: z.enum(['person', 'child', 'slot']).nullable() };
export type Standing = z.infer<z.ZodObject<typeof standing>>;
export const atRest: Standing = { cancelling: false, waitingFor: null };

const events = {
	/** Once, before the first part is started: what all of them will take and cost. */
	forecast: partsForecast,
	/** A part was started, or has ended. */
	part,
	/** Live only: how the parts stand that have not ended, those left out that stand as they were started. */
	parts: z.object({
		parts: z.array(part.pick({ key: true, status: true, progress: true }).extend(standing))
	})
};

/** The parts so far, in the order of the input; `at` is when the last fact of a part came. */
export interface BatchState {
	parts: (BatchPart & Standing & { at: number })[];
	/** Absent in what an older version stored. */
	forecast?: PartsForecast;
}

/** Several jobs from one request, with the progress of the whole and of each (OP-08). */
export const batch = defineOperation({
	id: 'batch',
	title: 'Batch',
	description: 'Starts several jobs at once and shows the progress of the whole and of each.',
	icon: 'layers',
	input,
	result,
	// Nothing but its parts takes time, so that the bar is theirs from end to end.
	phases: [{ name: 'running', label: 'Running parts', weight: 100 }],
	events,
	state: (): BatchState => ({ parts: [] }),
	reduce(state, event) {
		const { at } = event;
		if (event.type === 'forecast') return { ...state, forecast: event.data };
		if (event.type === 'part') return { ...state, parts: withPart(state.parts, { ...event.data, ...atRest, at }) };
		const ticks = new Map(event.data.parts.map((tick) => [tick.key, tick]));
		return { ...state, parts: state.parts.map((known) => moved(known, ticks.get(known.key))) };
	},
	titleOf(asked, parts = []) {
		const named = parts.map((title) => title.replace(/\s+/g, ' ').trim()).filter(Boolean);
		const [first = '', ...others] = new Set(named);
		const about = others.length > 0 ? `${shortened(first, 45)} and ${others.length} more` : first;
		return shortened(`${partsOf(asked).length} × ${asked.operation}${about && `: ${about}`}`, 80);
	},
	variantOf: (asked) => `${asked.operation}, ${partsOf(asked).length} parts`,
	partsOf,
	partsAtOnce: MOST_OPEN,
	runsOn: 'none',
	settled(state, ended) {
		const hasEnded = (key: string) => state.parts.some((part) => part.key === key && isTerminal(part.status));
		const news = ended.filter(({ key }) => !hasEnded(key));
		return news.map(({ key, job, score }) => ({ type: 'part', data: partOf(key, job, score) }));
	},
	keptOf({ parts }) {
		const finished = parts.filter(({ status }) => status === 'succeeded').length;
		return finished > 0 ? [`${finished} finished ${finished === 1 ? 'part' : 'parts'}`] : [];
	},
	limits: { timeoutMs: 24 * 60 * 60_000, running: 100 },
	// What it starts is found again by its key.
	can: { finishNow: false, resumable: false, repeatable: true },
	typicalMs: 5 * 60_000
});

/** One job that a batch starts. */
export interface PlannedPart extends Part {
	readonly key: string;
	readonly input: Record<string, unknown>;
}

/** The parts of a batch in their order: the list, or each combination of what varies. */
export function partsOf({ operation, inputs, input = {}, vary = {} }: BatchInput): PlannedPart[] {
	if (inputs)
		return inputs.map((one, index) => ({
			...{ key: `${index + 1}`, operation, input: one },
			at: (field) => (field ? `inputs.${index}.${field}` : `inputs.${index}`)
		}));
	return combinations(vary).map((values, index) => ({
		...{ key: `${index + 1}`, operation, input: { ...input, ...values } },
		at: (field) => (Object.hasOwn(vary, field.split('.')[0] ?? '') ? `vary.${field}` : `input.${field}`)
	}));
}

function combinations(vary: Record<string, unknown[]>): Record<string, unknown>[] {
	return Object.entries(vary).reduce<Record<string, unknown>[]>(
		(all, [field, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [field]: value }))),
		[{}]
	);
}

/** A part as it is now described; in what an older version stored, some facts are missing. */
export function measured<T extends BatchPart>(part: T): T {
	return 'score' in part ? part : Object.assign({ score: null, elapsedMs: null, cost: unknownCost }, part);
}

/** What a batch knows of a part, from its job and how good that one's result is. */
export function partOf(key: string, job: JobSnapshot, score: number | null): BatchPart {
	const { id, title, status, progress, artifacts, error, elapsedMs, cost } = job;
	const fault = error && { code: error.code, message: error.message };
	return { key, jobId: id, title, status, progress, artifacts, error: fault, score, elapsedMs, cost };
}

type Known = BatchState['parts'][number];

function withPart(parts: Known[], told: Known): Known[] {
	const place = parts.findIndex(({ key }) => Number(key) >= Number(told.key));
	if (place === -1) return [...parts, told];
	return parts.toSpliced(place, parts[place]?.key === told.key ? 1 : 0, told);
}

/** What has ended does not move any more: a late tick changes nothing. */
function moved(known: Known, tick: z.infer<typeof events.parts>['parts'][number] | undefined): Known {
	return tick && !isTerminal(known.status) ? { ...known, ...tick } : known;
}
