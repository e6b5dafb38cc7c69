import type { Citation, ProviderEvent, WebAction } from '../../operations/operation.ts';
import { citationsIn, safeUrl } from './citations.ts';
import { parsed, record, records, string, strings, type Wire } from './wire.ts';

/** A ProviderEvent before it has its cursor. */
export type Fact = ProviderEvent extends infer E
	? E extends { cursor: number | null }
		? Omit<E, 'cursor'>
		: never
	: never;

/** An item's id; some servers leave it out, then its place stands for it. */
export function itemIdOf(id: unknown, outputIndex: unknown): string {
	return string(id) ?? `item-${String(outputIndex ?? 0)}`;
}

/** What the begin of an item tells. */
export function begun(item: Wire, itemId: string): Fact[] {
	if (item['type'] === 'message') return [{ type: 'message', itemId, phase: phaseOf(item) }];
	if (item['type'] === 'web_search_call') return [{ type: 'web', itemId, state: 'started', action: actionOf(item) }];
	const name = toolName(item);
	return name ? [{ type: 'tool', itemId, name, state: 'started', detail: detailOf(item) }] : [];
}

/** What a finished item tells: all of it, so that it can stand for its events when those were not seen. */
export function finished(item: Wire, itemId: string): Fact[] {
	if (item['type'] === 'reasoning') return reasoningOf(item, itemId);
	if (item['type'] === 'message') return messageOf(item, itemId);
	const state = item['status'] === 'failed' || item['error'] ? 'failed' : 'completed';
	if (item['type'] === 'web_search_call') return [{ type: 'web', itemId, state, action: actionOf(item) }];
	const name = toolName(item);
	return name ? [{ type: 'tool', itemId, name, state, detail: detailOf(item) }] : [];
}

/** The message's phase; null where the provider has none. */
export function phaseOf(item: Wire): 'commentary' | 'final_answer' | null {
	const phase = item['phase'];
	return phase === 'commentary' || phase === 'final_answer' ? phase : null;
}

/** The whole text of a message, its citations placed in it, and its refusal. */
export function answerOf(item: Wire): { text: string; citations: Citation[]; refusal: string | null } {
	const answer = { text: '', citations: [] as Citation[], refusal: null as string | null };
	for (const fact of messageOf(item, '')) {
		if (fact.type === 'refusal') answer.refusal = fact.text;
		if (fact.type !== 'text_done') continue;
		const shift = answer.text.length;
		answer.citations.push(
			...fact.citations.map((each) => ({ ...each, start: each.start + shift, end: each.end + shift }))
		);
		answer.text += fact.text;
	}
	return answer;
}

function reasoningOf(item: Wire, itemId: string): Fact[] {
	const summary = records(item['summary']);
	// Open-weight models give the reasoning itself instead of a summary.
	const parts = summary.length > 0 ? summary : records(item['content']);
	return parts.flatMap((part, index) => {
		const text = string(part['text']);
		return text ? [{ type: 'reasoning' as const, itemId, index, text }] : [];
	});
}

function messageOf(item: Wire, itemId: string): Fact[] {
	return records(item['content']).flatMap((content, part): Fact[] => {
		const refusal = string(content['refusal']);
		if (refusal !== null) return [{ type: 'refusal', text: refusal }];
		const text = string(content['text']);
		if (text === null) return [];
		return [{ type: 'text_done', itemId, part, text, citations: citationsIn(text, content['annotations']) }];
	});
}

function actionOf(item: Wire): WebAction | null {
	// xAI sends the query as arguments, without an action.
	const action = item['action'] ? record(item['action']) : { type: 'search', ...parsed(item['arguments']) };
	const url = safeUrl(action['url']);
	if (action['type'] === 'open_page') return { kind: 'open_page', url };
	if (action['type'] === 'find_in_page' || action['type'] === 'find') {
		return { kind: 'find_in_page', url, pattern: string(action['pattern']) ?? '' };
	}
	const query = string(action['query']);
	const queries = strings(action['queries']);
	const sources = records(action['sources']).flatMap((source) => safeUrl(source['url']) ?? []);
	const known = item['action'] !== undefined && item['action'] !== null;
	if (!known && !query) return null;
	return { kind: 'search', queries: queries.length > 0 || !query ? queries : [query], sources };
}

function toolName(item: Wire): string | null {
	const type = string(item['type']) ?? '';
	return type.endsWith('_call') ? type.slice(0, -'_call'.length) : null;
}

function detailOf(item: Wire): string {
	return string(item['code']) ?? string(item['name']) ?? string(item['revised_prompt']) ?? '';
}
