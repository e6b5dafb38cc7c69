import type { NewPassage } from '../operation.ts';

/** A paragraph or heading, with the page and the headings that it stands under. */
type Piece = NewPassage;

/** In UTF-16 units. */
interface Sizes {
	/** A passage is closed at the next border once it is this long. */
	readonly enough: number;
	/** It is never longer than this. */
	readonly most: number;
	/** A section that ends below this goes on into the next one: a bare heading finds nobody. */
	readonly least: number;
}

const usual: Sizes = { enough: 600, most: 1_200, least: 200 };
/** In these writings a character says about twice as much. */
const dense: Sizes = { enough: 300, most: 600, least: 100 };
const sizesOf = (language: string | null) => (['zh', 'ja', 'ko'].includes(language ?? '') ? dense : usual);

/**
 * Cuts a document into passages at its headings, paragraphs, lines and sentences, in this order of preference. They do
 * not overlap, and together they are all of its text.
 */
export function* split(pieces: Iterable<Piece>, language: string | null): Generator<NewPassage> {
	const sizes = sizesOf(language);
	let open: { page: number | null; heading: string | null; text: string } | null = null;
	for (const piece of pieces) {
		if (open && !goesOn(open, piece, sizes)) {
			yield open;
			open = null;
		}
		let isFirst = true;
		for (const { text, before } of partsOf(piece.text, language, sizes)) {
			const joint: string = isFirst ? '\n\n' : before;
			isFirst = false;
			if (open && open.text.length + joint.length + text.length > sizes.most) {
				yield open;
				open = null;
			}
			open = open
				? { page: open.page, heading: longer(open, piece).heading, text: open.text + joint + text }
				: { page: piece.page, heading: piece.heading, text };
		}
	}
	if (open) yield open;
}

/** Short sections that share a passage are found under the one that says most; a bare heading under what follows it. */
function longer(open: NewPassage, piece: Piece): NewPassage {
	return piece.text.length > open.text.length ? piece : open;
}

function goesOn(open: NewPassage, next: Piece, { enough, most, least }: Sizes): boolean {
	if (open.page !== next.page) return false;
	if (open.heading !== next.heading) return open.text.length < least;
	return open.text.length < enough || open.text.length + next.text.length <= most * 0.75;
}

interface Part {
	text: string;
	/** What stood between it and the part before. */
	before: string;
}

/** A paragraph whole, or where it is too long its lines or sentences, gathered to parts of about one size; one after the other, since it may be as long as a book. */
function partsOf(text: string, language: string | null, { most }: Sizes): Iterable<Part> {
	if (text.length <= most) return [{ text, before: '' }];
	const count = Math.ceil(text.length / (most * 0.8));
	return gathered(atoms(text, language, most), text.length / count, most);
}

function* gathered(atoms: Iterable<Part>, size: number, most: number): Generator<Part> {
	let last = null as Part | null;
	for (const atom of atoms) {
		const whole: number = last ? last.text.length + atom.before.length + atom.text.length : 0;
		// The nearer of the two: with this one or without it.
		if (last && whole <= most && (whole <= size || whole - size < size - last.text.length))
			last = { before: last.before, text: last.text + atom.before + atom.text };
		else {
			if (last) yield last;
			last = atom;
		}
	}
	if (last) yield last;
}

function* atoms(text: string, language: string | null, most: number): Generator<Part> {
	for (const [index, line] of text.split('\n').entries()) {
		const part = { text: line, before: index === 0 ? '' : '\n' };
		if (line.length <= most) yield part;
		else yield* sentences(part, language, most);
	}
}

function* sentences({ text, before }: Part, language: string | null, most: number): Generator<Part> {
	const segmenter = new Intl.Segmenter(language ?? undefined, { granularity: 'sentence' });
	let joint = before;
	for (const { segment } of segmenter.segment(text))
		for (const cut of hardCut(segment, most)) {
			yield { text: cut, before: joint };
			joint = '';
		}
}

/** What has no sentences is cut at a space, or where there is none between two characters. */
function hardCut(text: string, most: number): string[] {
	const parts: string[] = [];
	let from = 0;
	while (text.length - from > most) {
		const to = from + most;
		const space = text.lastIndexOf(' ', to - 1);
		const unit = text.charCodeAt(to - 1);
		const at = space > from + most / 2 ? space + 1 : unit >= 0xd800 && unit < 0xdc00 ? to - 1 : to;
		parts.push(text.slice(from, at));
		from = at;
	}
	return [...parts, text.slice(from)];
}
