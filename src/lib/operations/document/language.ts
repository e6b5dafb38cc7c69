import { directionOf, type Direction } from './tree.ts';

const words: Record<string, { contents: string; sources: string }> = {
	en: { contents: 'Contents', sources: 'Sources' },
	de: { contents: 'Inhalt', sources: 'Quellen' },
	fr: { contents: 'Sommaire', sources: 'Sources' },
	es: { contents: 'Contenido', sources: 'Fuentes' },
	it: { contents: 'Indice', sources: 'Fonti' },
	pt: { contents: 'Conteúdo', sources: 'Fontes' },
	nl: { contents: 'Inhoud', sources: 'Bronnen' },
	pl: { contents: 'Spis treści', sources: 'Źródła' },
	tr: { contents: 'İçindekiler', sources: 'Kaynaklar' },
	ru: { contents: 'Содержание', sources: 'Источники' },
	uk: { contents: 'Зміст', sources: 'Джерела' },
	ar: { contents: 'المحتويات', sources: 'المصادر' },
	fa: { contents: 'فهرست', sources: 'منابع' },
	he: { contents: 'תוכן העניינים', sources: 'מקורות' },
	zh: { contents: '目录', sources: '资料来源' },
	ja: { contents: '目次', sources: '出典' },
	ko: { contents: '차례', sources: '출처' },
	hi: { contents: 'विषय-सूची', sources: 'स्रोत' }
};

/** Languages that a script tells by itself, the more special ones first. */
const scripts: [RegExp, string][] = [
	[/\p{Script=Hiragana}|\p{Script=Katakana}/gu, 'ja'],
	[/\p{Script=Hangul}/gu, 'ko'],
	[/\p{Script=Han}/gu, 'zh'],
	[/\p{Script=Hebrew}/gu, 'he'],
	[/\p{Script=Arabic}/gu, 'ar'],
	[/\p{Script=Devanagari}/gu, 'hi'],
	[/\p{Script=Greek}/gu, 'el'],
	[/\p{Script=Thai}/gu, 'th']
];

/** Small words that stand in every text of a language and hardly in one of another. */
const small: Record<string, string> = {
	en: 'the and of to is that with for',
	de: 'der die und das ist nicht mit für',
	fr: 'les des est une dans pour que qui',
	es: 'los las una por con para que del',
	it: 'della che una per con sono gli nel',
	pt: 'uma não com para dos que são mais',
	nl: 'het een van zijn niet voor met dat'
};

/** A document's language as a BCP 47 tag (empty when nothing tells it), its direction, and the words that a writer adds. */
export function languageOf(
	stated: string | undefined,
	text: string
): { lang: string; dir: Direction; words: { contents: string; sources: string } } {
	const lang = (stated && tagOf(stated)) || scriptOf(text) || bySmallWords(text);
	const english = { contents: 'Contents', sources: 'Sources' };
	return { lang, dir: directionOf(text), words: words[lang.split('-')[0] ?? ''] ?? english };
}

/** The tag for a language that a person named: a tag itself, or its name in English or in the language. */
function tagOf(stated: string): string {
	const name = stated.trim().toLowerCase();
	const codes = Object.keys({ ...words, el: 1, th: 1, sv: 1, da: 1, nb: 1, fi: 1, cs: 1, hu: 1, ro: 1, vi: 1, id: 1 });
	const named = codes.find((code) => namesOf(code).some((known) => name.startsWith(known)));
	if (named) return named;
	try {
		return /^[a-z]{2,3}(-|$)/.test(name) ? (Intl.getCanonicalLocales(name)[0] ?? '') : '';
	} catch {
		return '';
	}
}

function namesOf(code: string): string[] {
	return ['en', code].flatMap(
		(locale) => new Intl.DisplayNames([locale], { type: 'language' }).of(code)?.toLowerCase() ?? []
	);
}

function scriptOf(text: string): string {
	const letters = text.match(/\p{L}/gu)?.length ?? 0;
	const found = scripts.find(([script]) => (text.match(script)?.length ?? 0) > letters * 0.2);
	return found?.[1] ?? '';
}

function bySmallWords(text: string): string {
	const heard = text.toLowerCase().match(/\p{L}+/gu) ?? [];
	const counts = Object.entries(small).map(([lang, list]) => {
		const known = new Set(list.split(' '));
		return { lang, count: heard.filter((word) => known.has(word)).length };
	});
	const [best, next] = counts.toSorted((a, b) => b.count - a.count);
	return best && next && best.count > 2 && best.count > next.count ? best.lang : '';
}
