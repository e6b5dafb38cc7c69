import { chooseClaims, claimsOf } from './claims.ts';
import { findings } from './findings.ts';
import { Library } from './library.ts';
import { CitedTextBuilder } from './report.ts';
import type { CitedText } from './report.ts';
import type { Source } from './research.ts';
import { outlineOf } from './sections.ts';

/** What a prompt says was gathered for a question, when the search was ended early. */
export interface Gathered {
	question: string;
	searches: string[];
	/** Documents of the library among the pages that are listed. */
	slugs: string[];
}

const LABELS = /^(Question|Searches|Sources|Notes|Draft):[ \t]*$/m;

/** Reads the labels of such a prompt; null when it is another kind of prompt. */
export function gatheredIn(prompt: string): Gathered | null {
	const [before = '', ...pieces] = prompt.split(new RegExp(LABELS.source, 'gm'));
	const part = (label: string) => pieces[pieces.indexOf(label) + 1]?.trim() ?? '';
	if (before.trim() !== '' || pieces[0] !== 'Question' || (!pieces.includes('Sources') && !pieces.includes('Searches')))
		return null;
	const listed = pieces.includes('Sources') ? part('Sources') : '';
	const searches = pieces.includes('Searches') ? part('Searches').split('\n') : [];
	return {
		question: part('Question'),
		searches: searches.map((line) => line.replace(/^- /, '')),
		slugs: [...listed.matchAll(/\/library\/([^\s/?#]+)$/gm)].map(([, slug = '']) => decodeURIComponent(slug))
	};
}

/** A report from nothing but the listed documents, with what was not looked at any more said in it. */
export function gatheredReport({ library, links }: Source, { question, searches, slugs }: Gathered): CitedText {
	const read = new Library();
	for (const document of slugs.map((slug) => library.document(slug)))
		if (document) read.add(document.slug, document.text);
	const found = findings(read, question);
	const builder = new CitedTextBuilder(links).write(`# ${question.split('\n', 1)[0]?.slice(0, 120)}\n\n`);
	builder.write('_The search was ended early; this rests on what had been found by then._\n\n');
	const outline = outlineOf(read, found, 3, 3);
	const near = chooseClaims(claimsOf(read, found.passages, found.terms), 3);
	if (found.answered && outline.summary.length > 0) {
		builder.write('**In short.** ').claims(outline.summary);
		for (const { title, claims } of outline.sections) builder.write(`## ${title}\n\n`).claims(claims);
	} else if (near.length > 0) {
		builder
			.write('## Nearest passages\n\nWhat was found does not answer the question. It comes nearest here:\n\n')
			.claims(near);
	} else builder.write('Nothing that was found answers the question.\n\n');
	return builder.write(limits(read.documents().length, searches)).build();
}

function limits(documents: number, searches: string[]): string {
	const searched =
		searches.length > 0 ? ` after ${searches.length} ${searches.length === 1 ? 'search' : 'searches'}` : '';
	const read = `${documents} ${documents === 1 ? 'document' : 'documents'}`;
	return (
		`## Limits\n\n- Written from ${read}${searched}, before the search was over: other documents may say more.\n` +
		"- This is Headway's demo provider, not a language model: it took sentences from them word for word and arranged them.\n"
	);
}
