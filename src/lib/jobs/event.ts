import { z } from 'zod';
import { cancelReason } from './job.ts';
import { errorCode } from './error.ts';

/** Milliseconds since 1970, by the server's clock. */
export const instant = z.number();

/** What a run used at the provider. `null` means "the provider did not say", never zero. */
export const usage = z.object({
	inputTokens: z.number().nullable(),
	cachedTokens: z.number().nullable(),
	outputTokens: z.number().nullable(),
	reasoningTokens: z.number().nullable(),
	/** Billable web searches. */
	searches: z.number().nullable()
});
export type Usage = z.infer<typeof usage>;

/** Money spent, in US dollars. `known: false` is an unfinished count or a missing price; `usd` is then a lower bound or null. */
export const cost = z.object({ usd: z.number().nullable(), known: z.boolean() });
export type Cost = z.infer<typeof cost>;

/** A cost of which nothing is known. */
export const unknownCost: Readonly<Cost> = { usd: null, known: false };

/** A file that a job made. Its bytes go by URL, never in an event. `size` in bytes. */
export const artifact = z.object({
	name: z.string(),
	mediaType: z.string(),
	size: z.number().int(),
	sha256: z.string(),
	url: z.string()
});
export type Artifact = z.infer<typeof artifact>;

/** A span of time, in milliseconds: the 10th to the 90th percentile of what is expected. */
export const range = z.object({ low: z.number(), high: z.number() });
export type Range = z.infer<typeof range>;

/** The proof of a stop (BY-05): what was asked, what the provider said, what was cleaned up, what it cost and what was kept. */
export const receipt = z.object({
	reason: cancelReason,
	requestedAt: instant,
	/** How the provider took it: it confirmed; did not; had ended already; had nothing running that could be cancelled. */
	provider: z.enum(['confirmed', 'unconfirmed', 'already_ended', 'not_needed']),
	acknowledgedAt: instant.nullable(),
	stoppedAt: instant,
	cleanedUp: z.array(z.object({ what: z.string(), ok: z.boolean() })),
	cost,
	usage: usage.nullable(),
	/** When cost and usage were corrected, where the provider told them only after the end. */
	settledAt: instant.optional(),
	kept: z.array(z.string())
});
export type Receipt = z.infer<typeof receipt>;

/** How sure a percentage is (BY-04). A fraction never goes without it. */
export const progress = z.discriminatedUnion('basis', [
	z.object({ basis: z.enum(['measured', 'estimated']), fraction: z.number().min(0).max(1) }),
	z.object({ basis: z.literal('unknown'), fraction: z.null() })
]);

/** How a run stands with its provider (BY-12). */
export const contact = z.object({
	/** Whether its stream is listened to, it is asked from time to time, or nothing is open: between two tries, after no answer (`retrying`), a refusal, or a pause of its circuit breaker; or nothing to hear. */
	way: z.enum(['stream', 'poll', 'retrying', 'refused', 'paused', 'none']),
	/** When anything was last heard of it, a keepalive included. */
	heardAt: instant.nullable(),
	/** Its own word of how the response stands. */
	state: z.enum(['queued', 'in_progress']).nullable()
});
export type Contact = z.infer<typeof contact>;

const progressFacts = {
	operation: z.string(),
	message: z.string(),
	/** `active` moves; `quiet` has stopped because the provider is silent; `waiting` is for a person or a child. */
	state: z.enum(['active', 'quiet', 'waiting']),
	metadata: z.object({
		elapsedMs: z.number(),
		remaining: range.nullable(),
		/** How many past runs the figures rest on. */
		runs: z.number().int(),
		overdue: z.boolean(),
		contact: contact.optional()
	})
};

/** The events that every operation has (architecture section 4). Operations add their own, typed. */
export const baseEvents = {
	queued: z.object({ operation: z.string(), title: z.string(), retryOf: z.string().nullable() }),
	started: z.object({
		epoch: z.number().int(),
		provider: z.string(),
		model: z.string().nullable(),
		/** Whether a run that another process had begun was taken up again. */
		adopted: z.boolean(),
		/** Each phase's share of the whole work, as history has it. */
		shares: z.record(z.string(), z.number()).optional()
	}),
	/** The provider's id of the work, as soon as it is known. */
	response: z.object({ responseId: z.string(), model: z.string().nullable() }),
	phase: z.object({
		phase: z.string(),
		/** The highest fraction shown so far, so that a reload never falls behind it. */
		fraction: z.number().min(0).max(1)
	}),
	progress: z.discriminatedUnion('basis', [
		z.object({ basis: z.enum(['measured', 'estimated']), fraction: z.number().min(0).max(1), ...progressFacts }),
		z.object({ basis: z.literal('unknown'), fraction: z.null(), ...progressFacts })
	]),
	/** What happens right now, in a few words; transient. */
	activity: z.object({ message: z.string() }),
	/** A piece of a growing text. `replace` states the whole text anew. */
	content: z.object({ target: z.string(), text: z.string(), replace: z.boolean().optional() }),
	notice: z.object({ level: z.enum(['info', 'warning']), code: z.string(), message: z.string() }),
	usage: z.object({ usage, cost }),
	artifact,
	question: z.object({ questionId: z.string(), prompt: z.string(), schema: z.unknown() }),
	answer: z.object({ questionId: z.string(), value: z.unknown() }),
	finishing: z.object({ requestedAt: instant }),
	cancelling: z.object({ reason: cancelReason, requestedAt: instant }),
	done: z.object({ result: z.unknown(), resultAvailable: z.boolean(), cost, usage: usage.nullable() }),
	error: z.object({
		code: errorCode,
		message: z.string(),
		retryable: z.boolean(),
		cost,
		usage: usage.nullable(),
		receipt: receipt.nullable()
	}),
	cancelled: z.object({ reason: cancelReason, receipt })
} as const;

/** Schemas of event bodies by type. */
export type EventSchemas = Record<string, z.ZodType>;

/** The union of `{ type, data }` that a map of schemas describes. */
export type EventOf<E extends EventSchemas> = { [T in keyof E & string]: { type: T; data: z.output<E[T]> } }[keyof E &
	string];

export type BaseEvent = EventOf<typeof baseEvents>;

/** What goes over the wire, into the table and through the reducer (RS-12). `seq` counts from 1 in each job; a transient event has none. */
export type Envelope<E> = E & { jobId: string; seq: number | null; at: number };

/** Any job's event, of any operation. */
export type JobEvent = Envelope<{ type: string; data: unknown }>;

/** The shape of the envelope, for readers that do not know the operation. */
export const envelope = z.object({
	jobId: z.string(),
	seq: z.number().int().positive().nullable(),
	at: instant,
	type: z.string(),
	data: z.unknown()
});

const terminalTypes: readonly string[] = ['done', 'error', 'cancelled'];

/** Whether an event of this type ends its job's log. */
export function endsJob(type: string): boolean {
	return terminalTypes.includes(type);
}

/** Reads an event body by its type: the base events, then the operation's own. Null when the type is unknown or the body broken (IR-12). */
export function parseEvent(
	event: { type: string; data: unknown },
	own: EventSchemas = {}
): { type: string; data: unknown } | null {
	const schema = (baseEvents as EventSchemas)[event.type] ?? own[event.type];
	const parsed = schema?.safeParse(event.data);
	return parsed?.success ? { type: event.type, data: parsed.data } : null;
}
