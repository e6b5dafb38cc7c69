import type { OutputItem, ScriptedEvent, WireEvent } from './events.ts';
import type { CitedText, UrlCitation } from './report.ts';
import { seededId, seededRandom } from './seeded.ts';

// Milliseconds between the deltas of a text, at the tempo at which people see current models write.
const WORD_MS = 17;
const THOUGHT_MS = 45;

/** Writes down a run from its start to its end: what happens, and when. */
export class Script {
	readonly #seed: string;
	readonly #random: () => number;
	readonly #events: ScriptedEvent[] = [];
	#at = 0;
	#items = 0;

	/** `ids` makes the ids of the items, `timing` the irregularity of the pace. */
	constructor(ids: string, timing: string) {
		this.#seed = ids;
		this.#random = seededRandom(timing);
	}

	events(): ScriptedEvent[] {
		return this.#events;
	}

	/** Lets about this many milliseconds pass. */
	wait(ms: number): this {
		this.#at += ms * (0.75 + 0.5 * this.#random());
		return this;
	}

	emit(event: WireEvent, read?: number): this {
		this.#events.push(read === undefined ? { at: this.#at, event } : { at: this.#at, event, read });
		return this;
	}

	/** A reasoning item: with its summary, or empty when `text` is null. */
	reasoning(text: string | null): this {
		const place = this.#open('rs', { type: 'reasoning', summary: [] });
		const part = { item_id: place.id, output_index: place.output_index, summary_index: 0 };
		if (text !== null) this.#summary(part, text);
		const summary = text === null ? [] : [{ type: 'summary_text', text }];
		return this.#close(place.output_index, { id: place.id, type: 'reasoning', summary });
	}

	/** A web search call: a search, a page opened or a text looked for. `read` is in tokens. */
	webSearch(action: { type: string; [field: string]: unknown }, ms: number, read: number): this {
		const { id, output_index } = this.#open('ws', { type: 'web_search_call', status: 'in_progress' });
		const place = { item_id: id, output_index };
		this.wait(40).emit({ type: 'response.web_search_call.in_progress', ...place });
		this.wait(ms * 0.3).emit({ type: 'response.web_search_call.searching', ...place });
		this.wait(ms * 0.7).emit({ type: 'response.web_search_call.completed', ...place });
		return this.#close(output_index, { id, type: 'web_search_call', status: 'completed', action }, read);
	}

	/** A call of the image tool: its previews and its picture, with the fields they add and when they come after its start. */
	imageCall(previews: Shown[], picture: Shown): this {
		const head = { type: 'image_generation_call' };
		const { id, output_index } = this.#open('ig', { ...head, status: 'in_progress', result: null });
		const place = { item_id: id, output_index };
		const from = this.#at;
		this.wait(40).emit({ type: 'response.image_generation_call.in_progress', ...place });
		this.wait(200).emit({ type: 'response.image_generation_call.generating', ...place });
		for (const [partial_image_index, { at, fields }] of previews.entries()) {
			this.#at = from + at;
			this.emit({ type: 'response.image_generation_call.partial_image', ...place, partial_image_index, ...fields });
		}
		this.#at = from + picture.at;
		this.emit({ type: 'response.image_generation_call.completed', ...place });
		return this.#close(output_index, { id, ...head, status: 'completed', ...picture.fields });
	}

	/** The final message. Beyond `limit` characters it breaks off, and the item ends as incomplete. */
	message({ text, annotations }: CitedText, limit = Infinity): this {
		const head = { type: 'message', role: 'assistant', phase: 'final_answer' };
		const place = this.#openMessage(head);
		const said: TextSaid = { text: '', annotations: [] };
		this.emit({ type: 'response.content_part.added', ...place, part: outputText('', []) });
		for (const piece of pieces(text, annotations)) {
			if (said.text.length + piece.text.length > limit) break;
			this.#say(place, piece, said);
		}
		this.emit({ type: 'response.output_text.done', ...place, text: said.text, logprobs: [] });
		const part = outputText(said.text, said.annotations);
		const status = said.text === text ? 'completed' : 'incomplete';
		return this.#closeMessage(place, part, { id: place.item_id, ...inMessageOrder(head, status, [part]) });
	}

	/** A message that refuses. */
	refusal(text: string): this {
		const place = this.#openMessage({ type: 'message', role: 'assistant' });
		this.emit({ type: 'response.content_part.added', ...place, part: { type: 'refusal', refusal: '' } });
		for (const delta of wordsWithSpace(text))
			this.wait(WORD_MS).emit({ type: 'response.refusal.delta', ...place, delta });
		this.emit({ type: 'response.refusal.done', ...place, refusal: text });
		const part = { type: 'refusal', refusal: text };
		const head = { type: 'message', role: 'assistant' };
		return this.#closeMessage(place, part, { id: place.item_id, ...inMessageOrder(head, 'completed', [part]) });
	}

	#summary(place: { item_id: string; output_index: number; summary_index: number }, text: string): void {
		this.wait(250).emit({
			type: 'response.reasoning_summary_part.added',
			...place,
			part: { type: 'summary_text', text: '' }
		});
		for (const delta of text.match(/(?:\S+\s*){1,3}/g) ?? [])
			this.wait(THOUGHT_MS).emit({ type: 'response.reasoning_summary_text.delta', ...place, delta });
		this.emit({ type: 'response.reasoning_summary_text.done', ...place, text });
		this.emit({ type: 'response.reasoning_summary_part.done', ...place, part: { type: 'summary_text', text } });
	}

	#say(place: Place, { text: delta, annotation }: Piece, said: TextSaid): void {
		this.wait(WORD_MS).emit({ type: 'response.output_text.delta', ...place, delta, logprobs: [] });
		said.text += delta;
		if (!annotation) return;
		const annotation_index = said.annotations.push(annotation) - 1;
		this.emit({ type: 'response.output_text.annotation.added', ...place, annotation_index, annotation });
	}

	#openMessage(head: { type: string; role: string; phase?: string }): Place {
		const { id, output_index } = this.#open('msg', inMessageOrder(head, 'in_progress', []));
		return { item_id: id, output_index, content_index: 0 };
	}

	#closeMessage(place: Place, part: { type: string }, item: OutputItem): this {
		this.emit({ type: 'response.content_part.done', ...place, part });
		return this.#close(place.output_index, item);
	}

	#open(prefix: string, item: Omit<OutputItem, 'id'>): { id: string; output_index: number } {
		const output_index = this.#items++;
		const id = seededId(prefix, `${this.#seed}:${output_index}`);
		this.emit({ type: 'response.output_item.added', output_index, item: { id, ...item } });
		return { id, output_index };
	}

	#close(output_index: number, item: OutputItem, read?: number): this {
		return this.emit({ type: 'response.output_item.done', output_index, item }, read);
	}
}

/** Something that a tool shows: milliseconds after its start, and the fields of its event. */
export interface Shown {
	at: number;
	fields: Record<string, unknown>;
}

interface Place {
	item_id: string;
	output_index: number;
	content_index: number;
}

interface TextSaid {
	text: string;
	annotations: UrlCitation[];
}

interface Piece {
	text: string;
	annotation?: UrlCitation;
}

/** Words one by one, but a citation's link in one piece, so that its annotation can follow at once. */
function pieces(text: string, annotations: UrlCitation[]): Piece[] {
	const found: Piece[] = [];
	let from = 0;
	for (const annotation of annotations) {
		for (const word of wordsWithSpace(text.slice(from, annotation.start_index))) found.push({ text: word });
		found.push({ text: text.slice(annotation.start_index, annotation.end_index), annotation });
		from = annotation.end_index;
	}
	for (const word of wordsWithSpace(text.slice(from))) found.push({ text: word });
	return found;
}

function wordsWithSpace(text: string): string[] {
	return text.match(/\S+\s*|\s+/g) ?? [];
}

function outputText(text: string, annotations: UrlCitation[]) {
	return { type: 'output_text', text, annotations, logprobs: [] };
}

function inMessageOrder(
	{ type, role, phase }: { type: string; role: string; phase?: string },
	status: string,
	content: OutputItem['content']
) {
	return { type, status, role, content, ...(phase ? { phase } : {}) };
}
