import type { OperationRun, RunContext } from '$lib/operations/operation.ts';
import { Gate } from '../../support/operations.ts';

/** What of a context an operation waits for. */
const awaited = new Set<PropertyKey>(['artifact', 'folder', 'file', 'job', 'child', 'ask', 'conversation']);
/** What it reaches through a port of its own: each of its methods is waited for. */
const ports = new Set<PropertyKey>(['knowledge', 'tables', 'programs', 'remoteTools']);

/** Holds an operation at its first wait of a phase: some phases last only moments, and a test could never be sure to be in them. */
export class Brake {
	#phase: string | null = null;
	#gate = new Gate();
	#entry: { phase: string; enter(jobId: string): void } | null = null;
	/** What of its context the operation has looked at, and what its last run threw: the job's error says that to the log only. */
	readonly asked = new Set<PropertyKey>();
	thrown: unknown = null;
	/** What its last run gave back. */
	returned: unknown = null;

	/** The same operation, with the brake in it. */
	on(run: OperationRun): OperationRun {
		return {
			...run,
			run: async (input, ctx) => {
				[this.thrown, this.returned] = [null, null];
				try {
					return (this.returned = await run.run(input, this.#held(ctx)));
				} catch (error) {
					this.thrown = error;
					throw error;
				}
			}
		};
	}

	/** From now on it stops in this phase, until `release`. */
	hold(phase: string): void {
		this.#phase = phase;
		this.#gate = new Gate();
	}

	/** Calls back with the job at the moment in which it enters this phase, until `release`. */
	atEntry(phase: string, enter: (jobId: string) => void): void {
		this.#entry = { phase, enter };
	}

	release(): void {
		this.#phase = null;
		this.#entry = null;
		this.#gate.open();
	}

	#held(ctx: RunContext): RunContext {
		let phase: string | null = null;
		// What is to stop is let go: the brake is no reason to ignore it.
		const stopped = new Promise<void>((resolve) =>
			ctx.signal.addEventListener('abort', () => resolve(), { once: true })
		);
		const pass = () => (phase === this.#phase ? Promise.race([this.#gate.passed, stopped]) : undefined);
		return new Proxy(ctx, {
			get: (target, name) => {
				this.asked.add(name);
				const value: unknown = Reflect.get(target, name, target);
				if (ports.has(name)) return heldPort(value as object, pass);
				if (typeof value !== 'function') return value;
				const call = value.bind(target) as (...given: unknown[]) => unknown;
				if (name === 'phase')
					return (entered: string) => {
						phase = entered;
						call(entered);
						if (entered === this.#entry?.phase) this.#entry.enter(ctx.jobId);
					};
				return awaited.has(name) ? async (...given: unknown[]) => (await pass(), call(...given)) : call;
			}
		});
	}
}

function heldPort(port: object, pass: () => Promise<void> | undefined): object {
	return new Proxy(port, {
		get(target, name) {
			const value: unknown = Reflect.get(target, name, target);
			if (typeof value !== 'function') return value;
			const call = value.bind(target) as (...given: unknown[]) => unknown;
			return async (...given: unknown[]) => (await pass(), call(...given));
		}
	});
}
