/** A word of a question that carries meaning, as it was written and as it is compared. */
export interface Term {
	word: string;
	stem: string;
}

// Function words, and the words that questions are made of whatever they are about ("compare", "overview"): neither
// says anything about the topic, and counting them would make every question look answered.
const STOPWORDS = new Set(
	`a about above according after again against all almost also although am among an and another any anyone anything are
	around as at away be became because become been before being below best better between both but by came can cannot
	come compare compared comparison could current currently describe did different do does doing done down due during
	each effect either else enough especially etc even ever every everything example explain far few find first for from
	full further general get give given go going good had happen happened has have having he her here hers him his how
	however i if important in instead into involved is it its itself just keep kind know known last late lately latest
	least less let like list look made main make making many may me mean means might mine more most much must my myself
	need never new next no nobody none nor not nothing now of off often old on once one only onto or other others our out
	over overview own part perhaps please possible pro provide put quite rather really recent recently regarding report
	research review role same say see seem several shall she should show since so some someone something still such
	summarise summarize summary take tell than that the their them then there these they thing this those though through
	thus to today together too toward towards trend type under until up upon us use used using various versus very via vs
	want was way we well were what whatever when where whether which while who whole whom whose why will with within
	without work would write year yes yet you your yours`
		.split(/\s+/)
		.map((word) => stem(word))
);

/** The words of a text in lower case, letters and digits of any script, without possessive endings. */
export function wordsOf(text: string): string[] {
	const words =
		text
			.normalize('NFKC')
			.toLowerCase()
			.match(/[\p{L}\p{N}]+(?:['’]\p{L}+)?/gu) ?? [];
	return words.map((word) => word.replace(/['’]s$/, ''));
}

/** A crude English stem: enough that "filters", "filtering" and "filter" meet. */
export function stem(word: string): string {
	return withoutEnding(word.replace(/['’].*$/, '')).replace(/(?<=.{4})e$/, '');
}

function withoutEnding(word: string): string {
	if (/ies$/.test(word) && word.length > 4) return word.slice(0, -3) + 'y';
	if (/(x|ch|sh|ss)es$/.test(word)) return word.slice(0, -2);
	if (/[^sui]s$/.test(word) && word.length > 3) return word.slice(0, -1);
	if (/ing$/.test(word) && word.length > 6) return word.slice(0, -3).replace(/(.)\1$/, '$1');
	if (/ed$/.test(word) && word.length > 5) return word.slice(0, -2).replace(/(.)\1$/, '$1');
	return word;
}

/** Whether a word says nothing about the topic of a text. */
export function isStopword(word: string): boolean {
	return STOPWORDS.has(stem(word)) || (word.length < 2 && !/\p{N}/u.test(word));
}

/** The distinct meaningful words of a text, in the order of their first appearance. */
export function termsOf(text: string): Term[] {
	const terms = new Map<string, Term>();
	for (const word of wordsOf(text)) {
		const key = stem(word);
		if (!isStopword(word) && !terms.has(key)) terms.set(key, { word, stem: key });
	}
	return [...terms.values()];
}

/** The stems of all words of a text. */
export function stemsOf(text: string): Set<string> {
	return new Set(wordsOf(text).map(stem));
}
