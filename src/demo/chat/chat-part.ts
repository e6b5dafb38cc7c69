import { misfit } from '../documents/schema.ts';
import type { Prompt } from '../prompt.ts';
import type { CitedText } from '../report.ts';
import type { Source } from '../research.ts';
import { WireError } from '../wire.ts';
import { memories } from './memories.ts';
import { brokenPlan, plan } from './plan.ts';
import { promptSections } from './prompt-sections.ts';
import { ranking } from './ranking.ts';
import { reply, thoughtOf } from './reply.ts';
import { requestKind, schemaIn } from './request-kind.ts';
import type { RequestKind } from './request-kind.ts';

/** So much of a message is read, in UTF-16 units. */
const MOST_READ = 4_000;

/** What the demo says to one of the chat's requests. */
export interface ChatPart {
	kind: RequestKind;
	thought: string | null;
	text: CitedText;
}

/** The demo's part of a chat; null for a request that is none of the chat's. Throws a WireError 400 for a schema of another shape. */
export function chatPart(
	source: Source,
	request: { instructions: string | null; body: Record<string, unknown> },
	prompt: Prompt,
	broken = false
): ChatPart | null {
	const kind = requestKind(request.instructions);
	if (!kind) return null;
	const read = promptSections(prompt.user);
	const sections = { ...read, Message: ends(read.Message) };
	if (kind === 'answer') return { kind, thought: thoughtOf(sections), text: reply(source, sections, prompt.turns) };
	const makers = { plan: broken ? brokenPlan : plan, ranking, memories };
	const made = makers[kind](sections);
	requireFit(made, kind, request.body);
	return { kind, thought: null, text: { text: JSON.stringify(made), annotations: [] } };
}

/** What a long message is about stands where it begins and where it ends; the rules would take minutes for all of it. */
function ends(message: string): string {
	return message.length <= MOST_READ ? message : `${message.slice(0, MOST_READ / 2)}\n${message.slice(-MOST_READ / 2)}`;
}

function requireFit(made: unknown, kind: RequestKind, body: Record<string, unknown>): void {
	const reason = misfit(made, schemaIn(body));
	if (reason === null) return;
	throw new WireError(400, `Invalid schema for response_format '${kind}': the demo makes another shape (${reason}).`, {
		param: 'text.format.schema',
		code: 'invalid_json_schema'
	});
}
