import { WireError } from './wire.ts';

/** What a request does, as faults are aimed at it. */
export type Operation = 'create' | 'stream' | 'resume' | 'get' | 'cancel' | 'image' | 'embed';

/** An order to break something. */
export interface Fault {
	name: string;
	/** How many requests it hits; -1 is for ever. */
	times?: number;
	/** Which requests it hits; each fault has a sensible default. */
	on?: Operation;
	/** After how many events it strikes. */
	after?: number;
	/** Only requests whose input has this text. */
	match?: string;
	/** Seconds to send as Retry-After. */
	retryAfter?: number;
	/** Milliseconds of a delay or a stall. */
	ms?: number;
}

/** The stage of a request at which a fault strikes; at most one fault per stage strikes a request. */
export type Stage = 'delay' | 'refuse' | 'course' | 'usage' | 'reply' | 'tell';

const OPERATIONS: Operation[] = ['create', 'stream', 'resume', 'get', 'cancel', 'image', 'embed'];

// `match` is a text that only the requests have that it can be meant for.
const FAULTS: Record<string, { stage: Stage; on: Operation[]; match?: string }> = {
	slow_headers: { stage: 'delay', on: ['create'] },
	rate_limit: { stage: 'refuse', on: ['create'] },
	quota: { stage: 'refuse', on: ['create'] },
	server_error: { stage: 'refuse', on: ['create'] },
	overloaded: { stage: 'refuse', on: ['create'] },
	bad_gateway: { stage: 'refuse', on: ['create'] },
	auth: { stage: 'refuse', on: ['create'] },
	no_model: { stage: 'refuse', on: ['create'] },
	too_old: { stage: 'refuse', on: ['resume'] },
	moderation: { stage: 'refuse', on: ['image'] },
	cancel_error: { stage: 'refuse', on: ['cancel'] },
	failed: { stage: 'course', on: ['create'] },
	incomplete: { stage: 'course', on: ['create'] },
	refusal: { stage: 'course', on: ['create'] },
	nested_error: { stage: 'course', on: ['create'] },
	flat_error: { stage: 'course', on: ['create'] },
	stuck_queued: { stage: 'course', on: ['create'] },
	bad_plan: { stage: 'course', on: ['create'], match: '# Tools\n' },
	unknown_event: { stage: 'course', on: ['create'] },
	fewer_partials: { stage: 'course', on: ['image'] },
	final_only: { stage: 'course', on: ['image'] },
	moderation_midstream: { stage: 'course', on: ['image'] },
	usage_null: { stage: 'usage', on: ['create', 'cancel'] },
	lost_create: { stage: 'reply', on: ['create'] },
	json_instead: { stage: 'reply', on: ['stream', 'resume'] },
	cut: { stage: 'tell', on: ['stream', 'resume'] },
	eof: { stage: 'tell', on: ['stream', 'resume'] },
	stall: { stage: 'tell', on: ['stream', 'resume'] },
	malformed: { stage: 'tell', on: ['stream', 'resume'] },
	split_utf8: { stage: 'tell', on: ['stream', 'resume'] },
	duplicate: { stage: 'tell', on: ['stream', 'resume'] }
};

/** The names of all faults. */
export const FAULT_NAMES = Object.keys(FAULTS);

/** The faults that strike one request, by stage. */
export type Struck = Partial<Record<Stage, Fault>>;

/** The faults that are armed and have not struck yet. */
export class FaultDeck {
	#armed: (Fault & { times: number })[] = [];

	/** Arms faults. Throws a WireError 400 when one is unknown; then none is armed. */
	arm(faults: unknown): void {
		if (!Array.isArray(faults)) throw new WireError(400, "'faults' must be a list.");
		this.#armed.push(...faults.map(checkedFault).map((fault) => ({ ...fault, times: fault.times ?? 1 })));
	}

	clear(): void {
		this.#armed = [];
	}

	armed(): Fault[] {
		return this.#armed.map((fault) => ({ ...fault }));
	}

	/** Takes the faults that strike a request: those in its own header, then the first armed one of each stage. */
	strike(operations: Operation[], input: string, header: string | undefined): Struck {
		const own = header === undefined ? [] : faultsInHeader(header);
		const struck: Struck = {};
		for (const fault of own) struck[stageOf(fault)] ??= fault;
		// A request that is refused goes no further, so what was meant for its later stages stays armed.
		for (const fault of [...this.#armed].sort((a, b) => rank(a) - rank(b)))
			if (!struck.refuse && !struck[stageOf(fault)] && hits(fault, operations, input))
				struck[stageOf(fault)] = this.#take(fault);
		return struck;
	}

	#take(fault: Fault & { times: number }): Fault {
		if (fault.times > 0) fault.times--;
		if (fault.times === 0) this.#armed = this.#armed.filter((each) => each !== fault);
		return fault;
	}
}

function stageOf({ name }: Fault): Stage {
	return FAULTS[name]?.stage ?? 'tell';
}

function rank(fault: Fault): number {
	return stageOf(fault) === 'refuse' ? 0 : 1;
}

function hits(fault: Fault, operations: Operation[], input: string): boolean {
	const aim = fault.on ? [fault.on] : (FAULTS[fault.name]?.on ?? []);
	return (
		aim.some((operation) => operations.includes(operation)) &&
		input.includes(fault.match ?? FAULTS[fault.name]?.match ?? '')
	);
}

function checkedFault(value: unknown): Fault {
	const fault = (typeof value === 'object' ? value : null) as Fault | null;
	if (!fault || !Object.hasOwn(FAULTS, fault.name))
		throw new WireError(400, `Unknown fault. Known: ${FAULT_NAMES.join(', ')}.`);
	if (fault.on !== undefined && !OPERATIONS.includes(fault.on))
		throw new WireError(400, `'on' must be one of ${OPERATIONS.join(', ')}.`);
	for (const field of ['times', 'after', 'retryAfter', 'ms'] as const)
		if (fault[field] !== undefined && !Number.isFinite(fault[field]))
			throw new WireError(400, `'${field}' must be a number.`);
	const { name, times, on, after, match, retryAfter, ms } = fault;
	return { name, times, on, after, match: match === undefined ? undefined : String(match), retryAfter, ms };
}

/** Reads `name;key=value;key=value, name…`. */
function faultsInHeader(header: string): Fault[] {
	return header.split(',').map((one) => {
		const [name, ...options] = one.trim().split(';');
		const pairs = options.map((option) => option.trim().split('='));
		return checkedFault({
			name,
			...Object.fromEntries(pairs.map(([key, value]) => [key, /^-?\d+$/.test(value ?? '') ? Number(value) : value]))
		});
	});
}
