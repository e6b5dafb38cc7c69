import { WireError } from './wire.ts';

/** The texts of a request. */
export interface Prompt {
	/** The last message of the user. */
	user: string;
	/** Every text of the request, earlier ones first, without the last message of the user. */
	before: string[];
	/** The conversation before that message. */
	turns: Turn[];
}

/** One earlier message of a conversation. */
export interface Turn {
	role: 'user' | 'assistant';
	text: string;
}

/** Reads `input` of the Responses API or `messages` of Chat Completions. Throws a WireError 400 when it is neither. */
export function promptOf(input: unknown, param: string): Prompt {
	const messages = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
	if (!Array.isArray(messages) || messages.length === 0)
		throw new WireError(400, `Missing or invalid required parameter: '${param}'.`, {
			param,
			code: 'missing_required_parameter'
		});
	const texts = messages.map((message) => ({ role: roleOf(message), text: textOf(message) }));
	const last = texts.findLastIndex(({ role }) => role === 'user');
	const user = texts[last]?.text.trim() ?? '';
	if (!user) throw new WireError(400, `'${param}' has no text from the user.`, { param, code: 'invalid_prompt' });
	const before = texts.filter((_, index) => index !== last).map(({ text }) => text);
	return { user, before, turns: texts.slice(0, last).flatMap(turnOf) };
}

/** The instructions of a request to Chat Completions: its first message, where that is the system's. */
export function instructionsIn(messages: unknown): string | null {
	const [first] = Array.isArray(messages) ? (messages as unknown[]) : [];
	return /^(?:system|developer)$/.test(String(roleOf(first))) ? textOf(first) : null;
}

function turnOf({ role, text }: { role: unknown; text: string }): Turn[] {
	return role === 'user' || role === 'assistant' ? [{ role, text }] : [];
}

/** The whole prompt as one text. */
export function textOfPrompt({ user, before }: Prompt): string {
	return [...before, user].join('\n');
}

/** Parts the user's last message into the question (its last paragraph, or the last that asks) and the text around it. */
export function questionAndContext({ user, before }: Prompt): { question: string; context: string } {
	const paragraphs = user.split(/\n\s*\n/).filter((paragraph) => paragraph.trim());
	const asking = paragraphs.findLastIndex((paragraph) => /\?\s*$/.test(paragraph));
	const index = asking >= 0 ? asking : paragraphs.length - 1;
	const context = [...before, ...paragraphs.filter((_, each) => each !== index)].join('\n\n');
	return { question: (paragraphs[index] ?? user).trim(), context };
}

function roleOf(message: unknown): unknown {
	return isObject(message) ? (message.role ?? 'user') : undefined;
}

function textOf(message: unknown): string {
	if (!isObject(message)) return '';
	if (typeof message.content === 'string') return message.content;
	const parts = Array.isArray(message.content) ? message.content : [];
	return parts.map((part: unknown) => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('\n');
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}
