import { describeSpan } from '../jobs/duration.ts';
import { HeadwayError } from '../jobs/error.ts';
import type { Passage } from '../operations/operation.ts';
import type { AvailableTool, ReadyCall } from './available.ts';
import { callContext, type CallReports } from './call-context.server.ts';
import type { ToolEvent } from './call.ts';
import { orAbort } from './or-abort.ts';
import { TimeLimit } from './time-limit.ts';
import type { Toolbox } from './toolbox.server.ts';

/** The most of a result that a model is given to read, in characters. */
const MOST_TEXT = 20_000;

type End = Pick<ToolEvent, 'state' | 'summary' | 'text' | 'problem' | 'cites'>;

/** One call whose arguments were found to fit. */
export interface RunnableCall {
	readonly id: string;
	readonly tool: AvailableTool;
	readonly ready: ReadyCall;
}

/** Runs a call to its end, within its time limit. Rejects only with the run's abort reason: what a tool fails at is its end. */
export async function runCall(
	{ id, tool, ready }: RunnableCall,
	toolbox: Toolbox,
	reports: CallReports & { short: boolean }
): Promise<End> {
	const { signal: runs, log } = toolbox.ctx;
	const limit = new TimeLimit(toolbox.ctx, tool.limits.timeoutMs);
	const signal = AbortSignal.any([runs, limit.signal]);
	const cited: Passage[] = [];
	const cite = (passages: readonly Passage[]) => {
		cited.push(...passages);
		reports.cite(passages);
	};
	try {
		const context = callContext(toolbox, { id, limit, signal }, { ...reports, cite });
		const { summary, text } = await orAbort(ready.run(context), signal);
		const cites = cited.map(({ documentId, ordinal }) => ({ documentId, ordinal }));
		// Whoever takes the passages themselves need not read them a second time.
		const told = reports.short && cites.length > 0 ? summary : bounded(text);
		return { state: 'completed', summary, text: told, problem: null, ...(cites.length > 0 && { cites }) };
	} catch (error) {
		runs.throwIfAborted();
		const late = limit.signal.aborted;
		if (!late) log.warn({ call: id, tool: tool.id, error: String(error) }, 'a tool failed');
		const problem = late
			? `It took longer than ${describeSpan(tool.limits.timeoutMs)} and was stopped.`
			: sentenceOf(error);
		return { state: 'failed', summary: null, text: null, problem };
	} finally {
		limit.clear();
	}
}

/** Only what was written for a person reaches one (CH-08). */
function sentenceOf(error: unknown): string {
	return error instanceof HeadwayError && error.code !== 'internal'
		? error.message
		: 'The tool failed inside Headway. The log says more.';
}

function bounded(text: string): string {
	if (text.length <= MOST_TEXT) return text;
	const left = (text.length - MOST_TEXT).toLocaleString('en');
	return `${text.slice(0, MOST_TEXT)}\n… (cut here: ${left} more characters)`;
}
