import type { Citation } from '../../operations/operation.ts';
import { citationOf } from './citations.ts';
import { record, records, string, type Wire } from './wire.ts';

/** The vendors' names for the text of the reasoning. */
export type ReasoningForm = 'reasoning_content' | 'reasoning' | 'reasoning_details';
const forms: readonly ReasoningForm[] = ['reasoning_content', 'reasoning', 'reasoning_details'];

/** The reasoning that a delta brings, and under which name; null when it brings none. Two names in one delta say the same. */
export function reasoningIn(delta: Wire): { form: ReasoningForm; text: string } | null {
	for (const form of forms) {
		const text = form === 'reasoning_details' ? detailsText(delta[form]) : (string(delta[form]) ?? '');
		if (text !== '') return { form, text };
	}
	return null;
}

/** The answer's text in a delta or a message: plain, or in parts. */
export function contentIn(delta: Wire): string {
	const plain = string(delta['content']);
	if (plain !== null) return plain;
	return records(delta['content'])
		.map((part) => (part['type'] === 'text' ? (string(part['text']) ?? '') : ''))
		.join('');
}

/** The annotations in the flat form that the Responses API has. */
export function annotationsIn(delta: Wire): Wire[] {
	return records(delta['annotations']).map((each) => ({ ...each, ...record(each['url_citation']) }));
}

/** The links among them that may be shown. */
export function citationsAmong(annotations: Wire[]): Citation[] {
	return annotations.flatMap((each) => citationOf(each) ?? []);
}

/** Encrypted details have neither a text nor a summary. */
function detailsText(details: unknown): string {
	return records(details)
		.map((each) => string(each['text']) ?? string(each['summary']) ?? '')
		.join('');
}
