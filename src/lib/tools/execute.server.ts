import { z } from 'zod';
import type { Passage } from '../operations/operation.ts';
import type { AvailableTool, ReadyCall } from './available.ts';
import { hasEnded, type ToolCall, type ToolEvent, type ToolProgress } from './call.ts';
import { orAbort } from './or-abort.ts';
import { disorder } from './order.ts';
import { Places } from './places.ts';
import { runCall } from './running-call.server.ts';
import type { Toolbox } from './toolbox.server.ts';

/** Who is told how the calls stand. */
export interface ExecuteListener {
	/** At each change of a call's state. */
	tool(event: ToolEvent): void;
	progress(progress: ToolProgress): void;
	/** What a call makes known for citing, in the order found; said again for calls that had ended before a restart. */
	cite?(passages: readonly Passage[], callId: string): void;
	/** After each call that has ended, however. */
	ended?(done: number, total: number): void;
	/** How the calls stood when the job's process was lost: those that had ended are not run again. */
	readonly resumed?: readonly ToolEvent[];
}

/** How many calls run side by side. */
const SIDE_BY_SIDE = 4;

/**
 * Runs calls: those that wait for none side by side, the others once those before them have ended well. A call says by
 * `after` what it needs: when that failed or was skipped, it is skipped. One failure never ends the others. Resolves with
 * how each ended, in the order of the calls; rejects only with the run's abort reason.
 */
export async function execute(
	calls: readonly ToolCall[],
	toolbox: Toolbox,
	listener: ExecuteListener
): Promise<ToolEvent[]> {
	return new Execution(calls, toolbox, listener).run();
}

/** A call, and what it takes to run it. */
interface Prepared {
	readonly call: ToolCall;
	readonly tool: AvailableTool | null;
	readonly ready: ReadyCall | null;
	/** Why it cannot run. */
	readonly problem: string | null;
	/** How it stood before a restart. */
	readonly before: ToolEvent | undefined;
}

class Execution {
	readonly #calls: readonly ToolCall[];
	readonly #toolbox: Toolbox;
	readonly #listener: ExecuteListener;
	readonly #places = new Places(SIDE_BY_SIDE);
	/** A person is asked one thing at a time. */
	readonly #person = new Places(1);
	readonly #ends = new Map<string, Promise<ToolEvent>>();
	#prepared = new Map<string, Prepared>();
	#done = 0;

	constructor(calls: readonly ToolCall[], toolbox: Toolbox, listener: ExecuteListener) {
		this.#calls = calls;
		this.#toolbox = toolbox;
		this.#listener = listener;
	}

	async run(): Promise<ToolEvent[]> {
		const { signal } = this.#toolbox.ctx;
		signal.throwIfAborted();
		const wrong = new Map(disorder(this.#calls).map(({ id, problem }) => [id, problem]));
		// A server that does not answer must not hold up a stop.
		const all = await orAbort(Promise.all(this.#calls.map((call) => this.#prepare(call, wrong.get(call.id)))), signal);
		this.#prepared = new Map(all.map((prepared) => [prepared.call.id, prepared]));
		for (const prepared of all) if (!prepared.before) this.#tell(eventOf(prepared, { state: 'waiting' }));
		const ends = await Promise.allSettled(this.#calls.map(({ id }) => this.#endOf(id)));
		signal.throwIfAborted();
		return ends.map((end) => {
			if (end.status === 'rejected') throw end.reason;
			return end.value;
		});
	}

	async #prepare(call: ToolCall, disordered: string | undefined): Promise<Prepared> {
		const tool = await this.#toolbox.find(call.tool);
		const [first] = await this.#toolbox.problemsOf(call);
		const read = tool?.read(call.arguments);
		const ready = read && !('problems' in read) ? read : null;
		const before = this.#listener.resumed?.find(({ id, tool: name }) => id === call.id && name === call.tool);
		return { call, tool, ready, problem: disordered ?? first ?? null, before };
	}

	#endOf(id: string): Promise<ToolEvent> {
		const known = this.#ends.get(id);
		if (known) return known;
		const prepared = this.#prepared.get(id) as Prepared;
		const end = this.#toEnd(prepared).then((event) => this.#count(event));
		this.#ends.set(id, end);
		return end;
	}

	#count(event: ToolEvent): ToolEvent {
		this.#listener.ended?.(++this.#done, this.#calls.length);
		return event;
	}

	async #toEnd(prepared: Prepared): Promise<ToolEvent> {
		const { call, tool, ready, problem, before } = prepared;
		if (before && hasEnded(before.state)) return this.#again(before);
		if (problem !== null || !tool || !ready) return this.#end(prepared, { state: 'failed', problem });
		const needed = await Promise.all(call.after.map((id) => this.#endOf(id)));
		const missing = needed.find(({ state }) => state !== 'completed');
		if (missing) return this.#end(prepared, { state: 'skipped', problem: needs(missing) });
		if (before?.state === 'executing' && !tool.repeatable)
			return this.#end(prepared, { state: 'failed', problem: interrupted });
		if (ready.confirm !== null && !(await this.#allowed(prepared, ready.confirm)))
			return this.#end(prepared, { state: 'skipped', problem: 'It was not allowed to run.' });
		return this.#places.within(this.#toolbox.ctx.signal, () => this.#execute(prepared, tool, ready));
	}

	/** What had ended is as it was; its passages are made known again as they stand now. */
	async #again(event: ToolEvent): Promise<ToolEvent> {
		if (!this.#listener.cite) return event;
		const { knowledge } = this.#toolbox.ctx;
		const passages: Passage[] = [];
		for (const { documentId, ordinal } of event.cites ?? []) {
			// A document that was removed meanwhile has nothing to cite.
			const read = await knowledge.read(documentId, ordinal, 1).catch(() => null);
			passages.push(...(read?.passages ?? []));
		}
		if (passages.length > 0) this.#listener.cite(passages, event.id);
		return event;
	}

	async #allowed(prepared: Prepared, question: string): Promise<boolean> {
		const { ctx } = this.#toolbox;
		return this.#person.within(ctx.signal, async () => {
			this.#tell(eventOf(prepared, { state: 'asking' }));
			return (await ctx.ask(`allow-${prepared.call.id}`, question, permission)).allow;
		});
	}

	async #execute(prepared: Prepared, tool: AvailableTool, ready: ReadyCall): Promise<ToolEvent> {
		const { call } = prepared;
		const { ctx } = this.#toolbox;
		const since = ctx.now();
		let jobId: string | null = null;
		this.#tell(eventOf(prepared, { state: 'executing', jobId: prepared.before?.jobId ?? null }));
		const end = await runCall({ id: call.id, tool, ready }, this.#toolbox, {
			short: this.#listener.cite !== undefined,
			started: (started) => this.#tell(eventOf(prepared, { state: 'executing', jobId: (jobId = started) })),
			progress: (fraction, message) => this.#listener.progress({ id: call.id, fraction, message }),
			cite: (passages) => this.#listener.cite?.(passages, call.id)
		});
		return this.#end(prepared, { ...end, jobId, ms: ctx.now() - since });
	}

	#end(prepared: Prepared, end: Partial<ToolEvent>): ToolEvent {
		return this.#tell(eventOf(prepared, end));
	}

	#tell(event: ToolEvent): ToolEvent {
		this.#listener.tool(event);
		return event;
	}
}

/** What a person is asked before a tool runs that costs something or changes something. */
const permission = z.strictObject({ allow: z.boolean().meta({ title: 'Let it run' }) });

const interrupted =
	'The server restarted while it ran. Whether it took effect is not known, so that it was not run a second time.';

function needs({ id, state }: ToolEvent): string {
	return `It needs “${id}”, which ${state === 'failed' ? 'failed' : 'was not run'}.`;
}

function eventOf({ call, ready }: Prepared, change: Partial<ToolEvent>): ToolEvent {
	const title = ready?.title ?? (call.why || call.tool);
	return {
		...{ id: call.id, tool: call.tool, title: oneLine(title), state: 'waiting', arguments: call.arguments },
		...{ summary: null, text: null, problem: null, jobId: null, ms: null },
		...change
	};
}

function oneLine(text: string): string {
	const line = text.replace(/\s+/g, ' ').trim();
	return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
