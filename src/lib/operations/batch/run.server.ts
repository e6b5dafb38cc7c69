import { HeadwayError } from '../../jobs/error.ts';
import { isTerminal } from '../../jobs/job.ts';
import { defineRun, Withdrawn, type ChildJob, type RunContext } from '../operation.ts';
import {
	atRest,
	batch,
	partOf,
	partsOf,
	textOf,
	type BatchPart,
	type BatchResult,
	type PlannedPart,
	type Standing
} from './model.ts';

type Context = RunContext<typeof batch>;

/** Parts are told of live at most 4 times a second. */
const TELL_MS = 250;

/** Runs a batch: starts its parts in their order, watches all of them, and is over when the last one is. */
export default defineRun(batch, async (input, ctx) => {
	const parts = partsOf(input);
	const board = new Board(ctx, parts.length);
	const options = { ...input.options, ...(ctx.streaming ? {} : { stream: false }) };
	const start = async (part: PlannedPart) => {
		try {
			return await ctx.child(part.key, part.operation, part.input, options);
		} catch (error) {
			ctx.signal.throwIfAborted();
			return board.refused(part, error);
		}
	};
	ctx.phase('running');
	let turn: Promise<unknown> = Promise.resolve();
	const all = parts.map((part) => {
		const started = turn.then(() => start(part));
		turn = started;
		return started.then((child) => child && board.follow(part, child));
	});
	await Promise.all(all);
	return board.conclude();
});

/** How all parts stand, and who is told of it. */
class Board {
	readonly #ctx: Context;
	readonly #planned: number;
	readonly #parts = new Map<string, BatchPart & Standing>();
	#toldAt = Number.NEGATIVE_INFINITY;

	constructor(ctx: Context, planned: number) {
		this.#ctx = ctx;
		this.#planned = planned;
		for (const part of ctx.resumed?.state.parts ?? []) this.#parts.set(part.key, part);
	}

	/** Takes in how a part stands, until it has ended. */
	async follow({ key }: PlannedPart, child: ChildJob): Promise<void> {
		for await (const snapshot of child.watch()) {
			const { status, cancelRequestedAt, waitingFor } = snapshot;
			const cancelling = !isTerminal(status) && cancelRequestedAt !== null;
			this.#take({ ...partOf(key, snapshot), cancelling, waitingFor });
		}
	}

	/** A part that could not be started, e.g. because a file that it needs was deleted meanwhile, fails by itself. */
	refused({ key, input }: PlannedPart, error: unknown): null {
		if (!(error instanceof HeadwayError)) throw error;
		const { code, message } = error;
		const title = textOf(input) || `Part ${key}`;
		this.#take({
			...{ key, jobId: null, title, status: 'failed', artifacts: [], error: { code, message } },
			...{ progress: { fraction: null, basis: 'unknown' }, ...atRest }
		});
		return null;
	}

	#take(part: BatchPart & Standing): void {
		const known = this.#parts.get(part.key);
		this.#parts.set(part.key, part);
		// A batch that is taken up again does not say twice what its log knows.
		const isNews = !known || known.jobId !== part.jobId || isTerminal(known.status) !== isTerminal(part.status);
		const { cancelling: _c, waitingFor: _w, ...told } = part;
		if (isNews) this.#ctx.emit('part', told);
		const stands = (one: typeof part) => `${one.status} ${one.cancelling} ${one.waitingFor}`;
		const changed = isNews || stands(known) !== stands(part);
		this.#count();
		if (changed || this.#ctx.now() - this.#toldAt >= TELL_MS) this.#tell();
	}

	#count(): void {
		const parts = [...this.#parts.values()];
		const done = parts.reduce((sum, part) => sum + doneOf(part), 0);
		// One that tells nothing yet is not measured to have done nothing.
		const isGuess = parts.some(({ status, progress }) => status === 'running' && progress.basis !== 'measured');
		this.#ctx.progress(done / this.#planned, isGuess ? 'estimated' : 'measured');
	}

	#tell(): void {
		this.#toldAt = this.#ctx.now();
		const parts = [...this.#parts.values()];
		const open = parts.filter(({ status }) => !isTerminal(status));
		const moving = open.map(({ key, status, progress, cancelling, waitingFor }) => ({
			...{ key, status, progress, cancelling, waitingFor }
		}));
		this.#ctx.transient('parts', { parts: moving });
		const ended = parts.length - open.length;
		this.#ctx.activity(`${ended} of ${this.#planned} parts ended`);
	}

	/** The result, which says what failed. Throws when nothing succeeded. */
	conclude(): BatchResult {
		const parts = [...this.#parts.values()].toSorted((a, b) => Number(a.key) - Number(b.key));
		const count = (status: string) => parts.filter((part) => part.status === status).length;
		const [succeeded, failed, cancelled] = [count('succeeded'), count('failed'), count('cancelled')];
		const error = parts.find((part) => part.status === 'failed')?.error;
		if (succeeded === 0 && error)
			throw new HeadwayError(
				error.code,
				`No part of this batch succeeded. The first that failed says: ${error.message}`
			);
		if (succeeded === 0) throw new Withdrawn('every part was cancelled');
		if (failed > 0) this.#ctx.notice('warning', 'parts_failed', `${failed} of ${parts.length} parts failed.`);
		const told = parts.map(({ key, jobId, title, status, artifacts, error }) => ({
			...{ key, jobId, title, status, artifacts, error }
		}));
		return { parts: told, succeeded, failed, cancelled };
	}
}

/** What has ended is done, however it ended. */
function doneOf({ status, progress }: BatchPart): number {
	return isTerminal(status) ? 1 : (progress.fraction ?? 0);
}
