import type { OperationRun, RunContext } from '$lib/operations/operation.ts';
import { Gate } from '../../support/operations.ts';

/** What of a context an operation waits for. */
const awaited = new Set<PropertyKey>(['artifact', 'folder', 'file', 'job', 'child', 'ask']);

/** Holds an operation at its first wait of a phase: some phases last only moments, and a test could never be sure to be in them. */
export class Brake {
	#phase: string | null = null;
	#gate = new Gate();

	/** The same operation, with the brake in it. */
	on(run: OperationRun): OperationRun {
		return { ...run, run: (input, ctx) => run.run(input, this.#held(ctx)) };
	}

	/** From now on it stops in this phase, until `release`. */
	hold(phase: string): void {
		this.#phase = phase;
		this.#gate = new Gate();
	}

	release(): void {
		this.#phase = null;
		this.#gate.open();
	}

	#held(ctx: RunContext): RunContext {
		let phase: string | null = null;
		const pass = () => (phase === this.#phase ? this.#gate.passed : undefined);
		return new Proxy(ctx, {
			get(target, name) {
				const value: unknown = Reflect.get(target, name, target);
				if (typeof value !== 'function') return value;
				const call = value.bind(target) as (...given: unknown[]) => unknown;
				if (name === 'phase') return (entered: string) => ((phase = entered), call(entered));
				return awaited.has(name) ? async (...given: unknown[]) => (await pass(), call(...given)) : call;
			}
		});
	}
}
