import type { z } from 'zod';
import type { AnyModel, RunContext } from '../operations/operation.ts';

/** What a tool is: everything that the page, the model and the checks need to know, and nothing that runs. */
export interface ToolModel<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
	/** Its folder's name; what a plan calls it. Letters, digits and `_`. */
	readonly id: string;
	readonly title: string;
	/** For the model: what it does, when to use it, what it gives. */
	readonly description: string;
	/** A lucide icon's name; `components/OperationIcon.svelte` knows it. */
	readonly icon: string;
	readonly input: I;
	readonly output: O;
	readonly limits: {
		/** Milliseconds; what a child job or a person takes does not count. */
		readonly timeoutMs: number;
		/** How often one turn may use it. */
		readonly calls: number;
	};
	/** A sentence that asks the person before it runs, or null when this call needs no word; absent: never asks. */
	confirm?(input: z.output<I>): string | null;
	/** The uploaded files that this call reads: only those that came along are within its reach. */
	filesOf?(input: z.output<I>): readonly string[];
	/** One line of what it is about to do, from its arguments. */
	titleOf(input: z.output<I>): string;
	/** One line of what it gave. */
	summaryOf(output: z.output<O>): string;
	/** What the answering model reads of it; at most 20,000 characters are used. */
	textOf(output: z.output<O>): string;
}

/** Declares a tool; its types are kept. */
export function defineTool<I extends z.ZodType, O extends z.ZodType>(model: ToolModel<I, O>): ToolModel<I, O> {
	return model;
}

// The tool's types are forgotten where all tools are handled alike.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyTool = ToolModel<any, any>;

/** What a tool may touch while it runs: the run's own context, as far as tools need it. */
export interface ToolContext extends Pick<
	RunContext<AnyModel>,
	'jobId' | 'knowledge' | 'tables' | 'file' | 'job' | 'now' | 'log'
> {
	/** Aborts when the run is to stop, or this call has taken too long. */
	readonly signal: AbortSignal;
	/** The project whose documents are in reach. */
	readonly projectId: string | null;
	/** The files that came with the message. */
	readonly files: readonly string[];
	/** How much of it is done, 0 to 1; null when that is not known. */
	progress(fraction: number | null, message: string): void;
	/** Starts another operation as a part of the run, and gives how it ended. Fails when it failed or was stopped. The call's time limit stands still meanwhile. */
	child(operation: string, input: unknown): Promise<{ jobId: string; result: unknown }>;
	/** The vector of a question, by the model that the documents' vectors are of; null without one. */
	vector(text: string): Promise<{ model: string; vector: Float32Array } | null>;
	/** Makes passages known that the answer may cite. */
	cite(passages: readonly import('../operations/operation.ts').Passage[]): void;
}

/** A tool that can run. */
export interface ToolRun<T extends AnyTool = AnyTool> {
	readonly model: T;
	/** Fails with a `HeadwayError` whose sentence the person and the model can read. */
	run(input: z.output<T['input']>, ctx: ToolContext): Promise<z.output<T['output']>>;
}

/** Joins a tool with its work. */
export function defineToolRun<T extends AnyTool>(model: T, run: ToolRun<T>['run']): ToolRun<T> {
	return { model, run };
}
