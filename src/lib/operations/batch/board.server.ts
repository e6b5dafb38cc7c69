import { dollars } from '../../jobs/dollars.ts';
import { HeadwayError } from '../../jobs/error.ts';
import { unknownCost } from '../../jobs/event.ts';
import { isTerminal } from '../../jobs/job.ts';
import type { PartsForecast } from '../../jobs/parts-forecast.ts';
import { Withdrawn, type ChildJob, type RunContext } from '../operation.ts';
import {
	atRest,
	type batch,
	partOf,
	type BatchPart,
	type BatchResult,
	type PlannedPart,
	type Standing
} from './model.ts';
import { totalsOf } from './results.ts';
import { titleOfPart } from './titles.ts';

type Context = RunContext<typeof batch>;

/** Parts are told of live at most 4 times a second. */
const TELL_MS = 250;

/** A batch tells no tokens: each of its parts does. */
const untold = { inputTokens: null, cachedTokens: null, outputTokens: null, reasoningTokens: null, searches: null };

/** How all parts of a batch stand, what they cost so far, and who is told of it. */
export class Board {
	readonly #ctx: Context;
	readonly #planned: number;
	readonly #parts = new Map<string, BatchPart & Standing>();
	/** Those of which readers may know more than the log does. */
	readonly #moved = new Set<string>();
	#toldAt = Number.NEGATIVE_INFINITY;
	/** In US dollars. */
	readonly #budget: number | null;
	#spent: number | null = null;
	/** The jobs of those that have not ended, by key. */
	readonly #open = new Map<string, ChildJob>();
	/** Those that this process has asked to stop, once each. */
	readonly #asked = new Set<string>();
	/** Those that the budget has stopped: by their own word, since somebody else may have been first. */
	readonly #stopped = new Set<string>();

	/** `budget` is in US dollars; null without one. */
	constructor(ctx: Context, planned: number, budget: number | null) {
		this.#ctx = ctx;
		this.#planned = planned;
		this.#budget = budget;
		for (const part of ctx.resumed?.state.parts ?? []) {
			this.#parts.set(part.key, part);
			this.#moved.add(part.key);
		}
		this.#spent = totalsOf(this.parts).cost.usd;
	}

	/** Its parts have cost what they may: none is started any more. Once some were stopped for it, it stays so. */
	get isSpent(): boolean {
		if (this.#budget === null) return false;
		return this.#stopped.size > 0 || (this.#spent ?? 0) >= this.#budget;
	}

	/** Finds out what the budget had stopped before the process was lost: what a part costs while it runs is not in the log. */
	async recall(): Promise<void> {
		if (this.#budget === null) return;
		for (const { key, jobId, status } of this.parts) {
			if (status !== 'cancelled' || jobId === null) continue;
			// One that was deleted meanwhile tells nothing any more.
			const job = await this.#ctx.job(jobId).catch(() => null);
			if (job?.cancelReason === 'budget') this.#stopped.add(key);
		}
	}

	/** Says what all of it will take and cost, and of which parts a budget knows nothing; `told` was said before the process was lost. */
	foretell(told: PartsForecast | null): void {
		if (told) return;
		const forecast = this.#ctx.foresee();
		this.#ctx.emit('forecast', forecast);
		const blind = [...new Set(forecast.kinds.filter(({ priced }) => !priced).map(({ model }) => model))];
		if (this.#budget !== null && blind.length > 0)
			this.#ctx.notice(
				'warning',
				'budget_blind',
				`There is no price for ${blind.join(' and ')} here: the budget counts those parts only if their provider says what they cost.`
			);
	}

	hasBegun(key: string): boolean {
		return this.#parts.has(key);
	}

	hasEnded(key: string): boolean {
		const known = this.#parts.get(key);
		return known !== undefined && isTerminal(known.status);
	}

	/** In the order of the input. */
	get parts(): BatchPart[] {
		return [...this.#parts.values()].toSorted((a, b) => Number(a.key) - Number(b.key));
	}

	/** Takes in how a part stands, until it has ended. */
	async follow({ key }: PlannedPart, child: ChildJob): Promise<void> {
		this.#open.set(key, child);
		if (this.isSpent) this.#stop(key, child);
		for await (const snapshot of child.watch()) {
			const { status, cancelRequestedAt, cancelReason, waitingFor } = snapshot;
			const cancelling = !isTerminal(status) && cancelRequestedAt !== null;
			if (isTerminal(status)) this.#open.delete(key);
			if (status === 'cancelled' && cancelReason === 'budget') this.#stopped.add(key);
			this.#take({ ...partOf(key, snapshot, child.scoreOf(snapshot)), cancelling, waitingFor });
		}
	}

	/** A part that could not be started, e.g. because a file that it needs was deleted meanwhile, fails by itself. */
	refused(part: PlannedPart, error: unknown): null {
		if (!(error instanceof HeadwayError)) throw error;
		const { code, message } = error;
		this.#take({
			...{
				key: part.key,
				jobId: null,
				title: titleOfPart(part),
				status: 'failed',
				artifacts: [],
				error: { code, message }
			},
			...{ score: null, elapsedMs: 0, cost: unknownCost },
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
		else this.#moved.add(part.key);
		const stands = (one: typeof part) => `${one.status} ${one.cancelling} ${one.waitingFor}`;
		const changed = isNews || stands(known) !== stands(part);
		this.#count();
		this.#bill();
		if (changed || this.#ctx.now() - this.#toldAt >= TELL_MS) this.#tell();
	}

	/** Says what all parts have cost so far; what that leaves over the budget is stopped. */
	#bill(): void {
		const { cost } = totalsOf(this.parts);
		if (cost.usd === null || cost.usd === this.#spent) return;
		this.#spent = cost.usd;
		this.#ctx.usage(untold, { usd: cost.usd, known: false });
		if (this.isSpent) for (const [key, child] of this.#open) this.#stop(key, child);
	}

	#stop(key: string, child: ChildJob): void {
		if (this.#asked.has(key)) return;
		this.#asked.add(key);
		const failed = (error: unknown) =>
			this.#ctx.log.warn({ part: key, error: String(error) }, 'a part over the budget was not stopped');
		void child.cancel('budget').catch(failed);
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
		const moving = open
			.filter(({ key }) => this.#moved.has(key))
			.map(({ key, status, progress, cancelling, waitingFor }) => ({
				...{ key, status, progress, cancelling, waitingFor }
			}));
		this.#ctx.transient('parts', { parts: moving });
		const ended = parts.length - open.length;
		this.#ctx.activity(`${ended} of ${this.#planned} parts ended`);
	}

	/** The result, which says what failed. Throws when nothing succeeded, or when the budget has left parts out. */
	conclude(): BatchResult {
		const parts = this.parts;
		const count = (status: string) => parts.filter((part) => part.status === status).length;
		this.#refuseOverspent(parts);
		const [succeeded, failed, cancelled] = [count('succeeded'), count('failed'), count('cancelled')];
		const error = parts.find((part) => part.status === 'failed')?.error;
		if (succeeded === 0 && error)
			throw new HeadwayError(
				error.code,
				`No part of this batch succeeded. The first that failed says: ${error.message}`
			);
		if (succeeded === 0) throw new Withdrawn('every part was cancelled');
		if (failed > 0) this.#ctx.notice('warning', 'parts_failed', `${failed} of ${parts.length} parts failed.`);
		const told = parts.map((part) => ({
			...{ key: part.key, jobId: part.jobId, title: part.title, status: part.status, artifacts: part.artifacts },
			...{ error: part.error, score: part.score, elapsedMs: part.elapsedMs, cost: part.cost }
		}));
		return { parts: told, succeeded, failed, cancelled };
	}

	#refuseOverspent(parts: readonly BatchPart[]): void {
		const stopped = parts.filter(({ key, status }) => status === 'cancelled' && this.#stopped.has(key)).length;
		const left = this.#planned - parts.length;
		if (this.#budget === null || stopped + left === 0) return;
		const ran = parts.length - stopped;
		const rest = [stopped > 0 && `${stopped} stopped`, left > 0 && `${left} not started`].filter(Boolean).join(', ');
		throw new HeadwayError(
			'budget_reached',
			`The budget of ${dollars(this.#budget)} is spent: ${ran} of ${this.#planned} parts had ended, ${rest}. To go on, run the parts that are missing with another budget.`
		);
	}
}

/** What has ended is done, however it ended. */
function doneOf({ status, progress }: BatchPart): number {
	return isTerminal(status) ? 1 : (progress.fraction ?? 0);
}
