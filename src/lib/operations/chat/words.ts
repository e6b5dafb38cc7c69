/** What a long text is about stands where it begins and where it ends: enough to tell words by, in UTF-16 units. */
export function gist(text: string, most = 4_000): string {
	return text.length <= most ? text : `${text.slice(0, most / 2)}\n${text.slice(-most / 2)}`;
}

/** The words of a text, folded: compatibility forms, case and accents make no difference. Scripts without spaces give pairs of characters. */
export function wordsOf(text: string): string[] {
	const folded = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
	return (folded.match(/[\p{L}\p{N}]+/gu) ?? []).flatMap((run) => (unspaced.test(run) ? pairs(run) : [run]));
}

/** Han, kana, Thai, Lao and Khmer are written without spaces between words. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}]/u;

function pairs(run: string): string[] {
	const letters = Array.from(run);
	if (letters.length < 2) return letters;
	return letters.slice(1).map((letter, at) => `${letters[at]}${letter}`);
}

/** Whether two words are likely to be forms of one, roughly and in any language: they differ in their last few letters. */
export function sameStem(a: string, b: string): boolean {
	const [short, long] = a.length <= b.length ? [a, b] : [b, a];
	if (long.length - short.length > 4) return false;
	const stem = short.length > 5 ? short.slice(0, Math.max(5, short.length - 3)) : short;
	return short.length > 2 ? long.startsWith(stem) : short === long;
}

/** The words that say what a text is about: no short and no frequent ones. */
export function tellingWords(text: string): string[] {
	return wordsOf(text).filter(
		(word) => (word.length > 3 || unspaced.test(word) || /\d/.test(word)) && !frequent.has(word)
	);
}

const frequent = new Set(
	[
		'what when where which whose while with does have that this these those there their they them then than from into over about your yours mine would could should will shall been being were just like some more most much many very also only tell give show please know want need make find help explain describe',
		'nicht eine einen einem einer eines sind wird werden wurde haben hatte sein ihre ihren kann konnen welche welcher welches wann warum oder aber auch noch nach uber unter bitte sagen mich dich dies diese dieser dieses gibt',
		'quel quelle quels quelles dans avec pour vous nous elle elles sont etre avoir fait comme plus moins cette leur leurs quand pourquoi comment merci',
		'cual cuales como donde cuando porque para este esta estos estas son esta tiene tienen hacer sobre entre pero muy todos todas favor'
	].flatMap((words) => words.split(' '))
);
