import { defineRun } from '../operation.ts';
import { Board } from './board.server.ts';
import { batch, measured, MOST_OPEN, partsOf, type PlannedPart } from './model.ts';
import { resultsCsv } from './results.ts';

const csvFile = (planned: readonly PlannedPart[], parts: Parameters<typeof resultsCsv>[1]) => ({
	...{ name: 'results.csv', mediaType: 'text/csv', bytes: resultsCsv(planned, parts) }
});

/** Runs a batch: starts its parts in their order, so many at a time, watches all of them, and is over when the last one is, or when its budget is spent. */
export default defineRun(
	batch,
	async (input, ctx) => {
		const parts = partsOf(input);
		const board = new Board(ctx, parts.length, input.budget ?? null);
		const places = new Places(MOST_OPEN);
		const options = { ...input.options, ...(ctx.streaming ? {} : { stream: false }) };
		const start = async (part: PlannedPart) => {
			await places.enter();
			// One that a lost process had started is found again, and stopped.
			if (board.isSpent && !board.hasBegun(part.key)) return null;
			try {
				return await ctx.child(part.key, part.operation, part.input, options);
			} catch (error) {
				ctx.signal.throwIfAborted();
				return board.refused(part, error);
			}
		};
		await board.recall();
		board.foretell(ctx.resumed?.state.forecast ?? null);
		ctx.phase('running');
		let turn: Promise<unknown> = Promise.resolve();
		// One that had ended before the process was lost is told of already.
		const open = parts.filter(({ key }) => !board.hasEnded(key));
		const all = open.map((part) => {
			const started = turn.then(() => start(part));
			turn = started;
			return started.then((child) => child && board.follow(part, child)).finally(() => places.leave());
		});
		await Promise.all(all);
		const result = board.conclude();
		await ctx.artifact(csvFile(parts, board.parts));
		return result;
	},
	{
		leaves(input, { parts }) {
			const known = parts.map(measured);
			return known.some(({ jobId }) => jobId !== null) ? [csvFile(partsOf(input), known)] : [];
		}
	}
);

/** Lets so many in at once, in the order in which they come. */
class Places {
	#free: number;
	readonly #waiting: (() => void)[] = [];

	constructor(count: number) {
		this.#free = count;
	}

	async enter(): Promise<void> {
		this.#free -= 1;
		if (this.#free < 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	leave(): void {
		this.#free += 1;
		this.#waiting.shift()?.();
	}
}
