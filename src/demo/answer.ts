import { chooseClaims, claimsOf, coverage } from './claims.ts';
import type { Claim } from './claims.ts';
import { findings } from './findings.ts';
import { Library } from './library.ts';
import type { Links } from './links.ts';
import { questionAndContext } from './prompt.ts';
import type { Prompt } from './prompt.ts';
import { CitedTextBuilder } from './report.ts';
import type { CitedText } from './report.ts';

const DISCLAIMER = '_Demo provider: sentences found and quoted, no language model._';
// Shorter context is a greeting or an instruction, not something to quote from.
const MIN_CONTEXT = 200;

/** A short extractive answer: from the context in the prompt if it has one, else from the library, else "not in the corpus". */
export function answer(library: Library, links: Links, prompt: Prompt): CitedText {
	const { question, context } = questionAndContext(prompt);
	const given = context.length >= MIN_CONTEXT ? claimsIn(contextLibrary(context), question) : [];
	const builder = new CitedTextBuilder(links);
	if (given.length > 0) return builder.write(`${given.map(({ text }) => text).join(' ')}\n\n${DISCLAIMER}`).build();
	const known = claimsIn(library, question);
	if (known.length > 0) return builder.claims(known).write(DISCLAIMER).build();
	return builder
		.write(`Not in the corpus: nothing in the prompt or in the demo's library answers this.\n\n${DISCLAIMER}`)
		.build();
}

function claimsIn(library: Library, question: string): Claim[] {
	const { answered, passages, terms } = findings(library, question);
	const claims = answered ? claimsOf(library, passages.slice(0, 5), terms) : [];
	return chooseClaims(
		claims.filter(({ text, passage }) => coverage(library, terms, `${passage.title} ${text}`) > 0),
		4
	);
}

function contextLibrary(context: string): Library {
	const library = new Library();
	library.add('context', `# Context\n\n${context}`);
	return library;
}
