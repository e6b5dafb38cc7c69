import { z } from 'zod';
import { HeadwayError } from '../../jobs/error.ts';
import type { JobOptions } from '../../jobs/job.ts';
import type { chat } from '../../operations/chat/model.ts';
import { invalidInput } from '../read-input.ts';
import type { Providers } from '../providers/providers.ts';

/** The name under which the agent is listed: it runs on the server's default model. */
export const AGENT_MODEL = 'headway';
/** As many messages as a turn takes before its own. */
const MOST_BEFORE = 200;

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const content = z.union([z.string(), z.array(textPart)]);
const roles = ['system', 'developer', 'user', 'assistant'] as const;
const message = z.object({ role: z.enum(roles), content: content.nullish() });

const body = z.looseObject({
	model: z.string().trim().min(1).max(140),
	messages: z.array(z.unknown()).min(1).max(2_000),
	stream: z.boolean().nullish(),
	stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
	temperature: z.number().nullish(),
	max_tokens: z.number().int().nullish(),
	max_completion_tokens: z.number().int().nullish(),
	reasoning_effort: z.string().nullish(),
	n: z.number().int().nullish()
});

/** A completion as the chat operation is asked for it. */
export interface CompletionRequest {
	input: z.input<(typeof chat)['input']>;
	options: Record<keyof JobOptions & string, unknown>;
	stream: boolean;
	/** The stream ends with what was used. */
	includeUsage: boolean;
	/** The model as the caller named it. */
	model: string;
	/** Where a field of the input or the options stands in the body. */
	pathOf(path: string): string;
}

/** Reads the body of a completion. Throws `invalid_input` with the field, and `not_supported` in words for what this agent cannot do. */
export function readCompletion(
	raw: Record<string, unknown>,
	providers: Pick<Providers, 'all' | 'knows'>
): CompletionRequest {
	const asked = parsed(body, raw, []) as z.output<typeof body>;
	refuseUnsupported(asked);
	const messages = asked.messages.map((each, index) => readMessage(each, index));
	const last = messages.at(-1);
	if (last?.role !== 'user')
		throw wrong(`messages.${messages.length - 1}.role`, 'The last message must be the user’s.');
	const { history, indexes } = before(messages.slice(0, -1));
	const options = {
		...given('temperature', asked.temperature),
		...given('maxOutputTokens', asked[limitOf(asked)]),
		...given('effort', asked.reasoning_effort),
		// As at OpenAI: who hangs up wants no more of it.
		onDisconnect: 'cancel'
	} as CompletionRequest['options'];
	return {
		input: { message: last.text, history, ...modelOf(asked.model, providers) },
		options,
		stream: asked.stream ?? false,
		includeUsage: asked.stream_options?.include_usage ?? false,
		model: asked.model,
		pathOf: (path) => pathOf(path, { indexes, last: messages.length - 1, limit: limitOf(asked) })
	};
}

type Said = { role: (typeof roles)[number]; text: string };

function readMessage(raw: unknown, index: number): Said {
	const path = `messages.${index}`;
	const { role, tool_calls: calls } = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
	if (role === 'tool' || role === 'function' || (Array.isArray(calls) && calls.length > 0))
		throw unsupported(path, 'This agent runs its own tools; messages of a caller’s tools are not taken.');
	const parts = (raw as { content?: unknown } | null)?.content;
	if (Array.isArray(parts) && parts.some((part: unknown) => (part as { type?: unknown } | null)?.type !== 'text'))
		throw unsupported(
			`${path}.content`,
			'Only text is taken in messages. Add files to the knowledge base, or send them to /api/chat.'
		);
	const { role: known, content: said } = parsed(message, raw, ['messages', String(index)]) as z.output<typeof message>;
	return { role: known, text: typeof said === 'string' ? said : (said ?? []).map(({ text }) => text).join('') };
}

/** All that the system said, and the newest of the rest, in their order; `indexes` tells where each stood. */
function before(messages: readonly Said[]): {
	history: NonNullable<CompletionRequest['input']['history']>;
	indexes: number[];
} {
	const isSystem = ({ role }: Said) => role === 'system' || role === 'developer';
	const all = messages.map((said, index) => ({ ...said, index }));
	const system = all.filter(isSystem).slice(0, MOST_BEFORE);
	const room = MOST_BEFORE - system.length;
	const others = all.filter((said) => !isSystem(said));
	const kept = [...system, ...(room > 0 ? others.slice(-room) : [])].toSorted((a, b) => a.index - b.index);
	return {
		history: kept.map(({ role, text }) => ({ role: role === 'developer' ? 'system' : role, text })),
		indexes: kept.map(({ index }) => index)
	};
}

/** `headway` is the default; a provider's own name for a model goes there, `provider/model` names both. */
function modelOf(model: string, providers: Pick<Providers, 'all' | 'knows'>): { model?: string; provider?: string } {
	if (model === AGENT_MODEL) return {};
	const own = providers.all().find(({ defaultModel }) => defaultModel === model);
	if (own) return { model, provider: own.id };
	const [provider = '', ...rest] = model.split('/');
	return rest.length > 0 && providers.knows(provider) ? { provider, model: rest.join('/') } : { model };
}

/** What would change the answer if it were passed over. All else that this agent does not know is ignored. */
function refuseUnsupported(asked: Record<string, unknown>): void {
	const { n, tools, functions, response_format: format, stop, logprobs, modalities, audio } = asked;
	const isFilled = (list: unknown) => Array.isArray(list) && list.length > 0;
	if (typeof n === 'number' && n !== 1) throw unsupported('n', 'Only one answer is given: leave `n` out, or 1.');
	for (const [name, list] of Object.entries({ tools, functions }))
		if (isFilled(list)) throw unsupported(name, `This agent runs its own tools: leave \`${name}\` out.`);
	const type = (format as { type?: unknown } | null | undefined)?.type;
	if (type !== undefined && type !== 'text')
		throw unsupported('response_format', 'Answers are text: leave `response_format` out.');
	if (typeof stop === 'string' || isFilled(stop))
		throw unsupported('stop', 'Stop sequences are not supported: leave `stop` out.');
	if (logprobs === true) throw unsupported('logprobs', 'Probabilities are not told: leave `logprobs` out.');
	if (audio || (Array.isArray(modalities) && modalities.includes('audio')))
		throw unsupported('modalities', 'Answers are text: leave `audio` and `modalities` out.');
}

function given(name: string, value: unknown): Record<string, unknown> {
	return value === null || value === undefined ? {} : { [name]: value };
}

function parsed(schema: z.ZodType, value: unknown, path: readonly string[]): unknown {
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	throw invalidInput(result.error, path);
}

function wrong(path: string, message: string): HeadwayError {
	return new HeadwayError('invalid_input', message, { fields: [{ path, message }] });
}

function unsupported(path: string, message: string): HeadwayError {
	return new HeadwayError('bad_request', message, { fields: [{ path, message }] });
}

const options: Record<string, string> = {
	temperature: 'temperature',
	effort: 'reasoning_effort'
};

/** By which of its two names the caller limits the answer. */
function limitOf({ max_tokens: old, max_completion_tokens: current }: z.output<typeof body>) {
	return (current ?? null) === null && (old ?? null) !== null ? 'max_tokens' : 'max_completion_tokens';
}

/** Where in the caller's body the parts of the input stand. */
interface Places {
	indexes: readonly number[];
	last: number;
	limit: string;
}

function pathOf(path: string, { indexes, last, limit }: Places): string {
	const [root, field = '', index] = path.split('.');
	if (root === 'options') return field === 'maxOutputTokens' ? limit : (options[field] ?? field);
	if (field === 'message') return `messages.${last}.content`;
	if (field === 'history') return `messages.${indexes[Number(index)] ?? 0}.content`;
	return field === 'provider' ? 'model' : field;
}
