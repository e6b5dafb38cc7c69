import { sentencesOf } from '../passages.ts';
import { listIn } from './prompt-sections.ts';
import type { Sections } from './prompt-sections.ts';
import { folded } from './words.ts';

const MOST = 5;
const LONGEST = 200;

// What must never be kept, whoever asks for it.
const SECRET =
	/\b(?:pass(?:word|wort|phrase)|kennwort|mot de passe|contrase[nñ]a|pin(?: code)?|secret key|api[- ]?key|credit card|kreditkarte|carte bancaire|tarjeta|cvv|iban)\b|\bsk-\w{8,}/i;

/** What a person says of themselves, and how it is kept: `$1` is what was said. */
const STATEMENTS: readonly (readonly [RegExp, string])[] = [
	[/\bmy name is ([\p{L}][\p{L}'’ -]{0,40})/iu, "The person's name is $1."],
	[/\b(?:please )?call me ([\p{Lu}][\p{L}'’-]{0,30})/u, 'The person wants to be called $1.'],
	[/\bI(?:'m| am) called ([\p{L}][\p{L}'’ -]{0,40})/iu, "The person's name is $1."],
	[/\bI(?:'m| am) (allergic to .+)/iu, 'The person is $1.'],
	[/\bI(?:'m| am) (?:a |an )?(vegetarian|vegan|colou?r[- ]blind|left[- ]handed|diabetic)\b/iu, 'The person is $1.'],
	[/\bI(?:'m| am) (?:from|originally from) (.+)/iu, 'The person is from $1.'],
	[/\bI(?:'m| am) (an? \p{L}[\p{L} -]{2,60})/iu, 'The person is $1.'],
	[/\b(?:I am|I['’]m) (\p{Lu}\p{Ll}+)(?![\p{L}'’-])/u, 'The person is $1.'],
	[/\bI live (in|near|on|at) (.+)/iu, 'The person lives $1 $2.'],
	[/\bI work (as|at|for|in|on|with) (.+)/iu, 'The person works $1 $2.'],
	[/\bI(?: would|'d)? (?:always |usually )?prefer (.+)/iu, 'The person prefers $1.'],
	[/\bI (?:really )?(love|like|hate|dislike) (.+)/iu, 'The person $1s $2.'],
	[/\bI speak (.+)/iu, 'The person speaks $1.'],
	[
		/\bmy (favou?rite [\p{L} -]{2,30}|birthday|job|company|team|wife|husband|partner|son|daughter|dog|cat|project|deadline|e-?mail(?: address)?|phone(?: number)?|time ?zone|home town|hometown|city|address) is (.+)/iu,
		"The person's $1 is $2."
	],
	[/\bich hei(?:ß|ss)e ([\p{L}][\p{L}'’ -]{0,40})/iu, 'Die Person heißt $1.'],
	[/\bmein name ist ([\p{L}][\p{L}'’ -]{0,40})/iu, 'Die Person heißt $1.'],
	[/\bich wohne (in|bei|am|auf|an) (.+)/iu, 'Die Person wohnt $1 $2.'],
	[/\bich lebe (in|bei|auf|an) (.+)/iu, 'Die Person lebt $1 $2.'],
	[/\bich arbeite (als|bei|in|für|an) (.+)/iu, 'Die Person arbeitet $1 $2.'],
	[/\bich bevorzuge (.+)/iu, 'Die Person bevorzugt $1.'],
	[/\bich bin (allergisch gegen .+|vegetarier(?:in)?|veganer(?:in)?)/iu, 'Die Person ist $1.'],
	[/\b[Ii]ch bin (\p{Lu}\p{Ll}+)(?![\p{L}'’-])/u, 'Die Person ist $1.'],
	[/\b[Jj]e suis (\p{Lu}\p{Ll}+)(?![\p{L}'’-])/u, 'La personne est $1.'],
	[/\b[Ss]oy (\p{Lu}\p{Ll}+)(?![\p{L}'’-])/u, 'La persona es $1.'],
	[/\bje m['’]appelle ([\p{L}][\p{L}'’ -]{0,40})/iu, "La personne s'appelle $1."],
	[/\bj['’]habite (à|en|au|aux|dans|près de) (.+)/iu, 'La personne habite $1 $2.'],
	[/\bje travaille (comme|chez|à|en|pour|dans) (.+)/iu, 'La personne travaille $1 $2.'],
	[/\bje préfère (.+)/iu, 'La personne préfère $1.'],
	[/\bme llamo ([\p{L}][\p{L}'’ -]{0,40})/iu, 'La persona se llama $1.'],
	[/\bmi nombre es ([\p{L}][\p{L}'’ -]{0,40})/iu, 'La persona se llama $1.'],
	[/\bvivo en (.+)/iu, 'La persona vive en $1.'],
	[/\btrabajo (como|en|para|de) (.+)/iu, 'La persona trabaja $1 $2.'],
	[/\bprefiero (.+)/iu, 'La persona prefiere $1.']
];

const ORDER =
	/\b(?:(?:please )?(?:remember|note|keep in mind|don['’]t forget)(?: that|:)|(?:bitte )?merk(?:e)? dir,?(?: dass|:)?|vergiss nicht,?(?: dass)?|(?:souviens-toi|retiens|n['’]oublie pas)(?: que|:)?|(?:recuerda|no olvides)(?: que|:)?)\s+(.+)/iu;

/** What of the message is worth remembering: what the person says of themselves, and what they ask to remember. */
export function memories({ Message, Known }: Sections): { memories: string[] } {
	const known = new Set(listIn(Known).map(comparable));
	const kept = new Map<string, string>();
	const said = Message.split('\n').flatMap(sentencesOf).flatMap(memoriesOf);
	for (const text of said) if (!known.has(comparable(text))) kept.set(comparable(text), text);
	return { memories: [...kept.values()].slice(0, MOST) };
}

function memoriesOf(sentence: string): string[] {
	if (/[?？]\s*$/.test(sentence) || SECRET.test(sentence)) return [];
	const [, ordered] = ORDER.exec(sentence) ?? [];
	const stated = statementsOf(ordered ?? sentence);
	if (stated.length > 0 || !ordered) return stated;
	return [bounded(ordered.charAt(0).toUpperCase() + ordered.slice(1))];
}

function statementsOf(sentence: string): string[] {
	return STATEMENTS.flatMap(([pattern, template]) => {
		const [first, second = ''] = (pattern.exec(sentence) ?? []).slice(1).map(untilClause);
		return first ? [bounded(template.replace('$1', () => first).replace('$2', () => second))] : [];
	});
}

/** What was said until the next clause begins. */
function untilClause(text: string): string {
	const [clause = ''] = text.split(
		/[.!;\n]|,? (?:and|but|und|aber|et|mais|y|pero) (?=(?:I|my|ich|mein|je|mon|ma|yo|mi|what|how|please|can|tell)\b)|, (?=\p{L}+ )/iu
	);
	return clause.trim();
}

function bounded(text: string): string {
	const whole = text.trim().replace(/[.!\s]+$/, '');
	return `${whole.slice(0, LONGEST)}.`;
}

function comparable(text: string): string {
	return folded(text)
		.replace(/[^\p{L}\p{N}]+/gu, ' ')
		.trim();
}
