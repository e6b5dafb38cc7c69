/** The headings that the demo adds itself. */
export interface OwnHeadings {
	summary: string;
	figures: string;
	open: string;
	aims: string;
	more: string;
}

const HEADINGS: Record<string, OwnHeadings> = {
	en: {
		summary: 'Summary',
		figures: 'Figures at a glance',
		open: 'Open points',
		aims: 'What the brief asks for',
		more: 'How to get more'
	},
	de: {
		summary: 'Zusammenfassung',
		figures: 'Zahlen im Überblick',
		open: 'Offene Punkte',
		aims: 'Der Auftrag',
		more: 'Wie mehr daraus wird'
	},
	fr: {
		summary: 'Résumé',
		figures: 'Les chiffres',
		open: 'Points ouverts',
		aims: 'La demande',
		more: 'Pour en savoir plus'
	},
	es: {
		summary: 'Resumen',
		figures: 'Las cifras',
		open: 'Puntos abiertos',
		aims: 'El encargo',
		more: 'Cómo obtener más'
	},
	zh: { summary: '摘要', figures: '数据一览', open: '未决问题', aims: '任务要求', more: '如何获得更多' },
	ja: { summary: '要約', figures: '数値一覧', open: '未解決の点', aims: '依頼の内容', more: 'さらに得るには' },
	ar: { summary: 'ملخص', figures: 'الأرقام', open: 'نقاط مفتوحة', aims: 'المطلوب', more: 'كيف تحصل على المزيد' }
};

const NAMES: [string, RegExp][] = [
	['de', /^(de\b|german|deutsch)/i],
	['fr', /^(fr\b|french|fran)/i],
	['es', /^(es\b|spanish|espa)/i],
	['zh', /^(zh\b|chinese|mandarin|中文|汉语|漢語|简体|繁體)/i],
	['ja', /^(ja\b|japanese|日本)/i],
	['ar', /^(ar\b|arabic|العربية|عربي)/i]
];

/** The demo's own headings in a language that was asked for, in English when it has none for it. */
export function ownHeadings(language: string): OwnHeadings {
	const code = NAMES.find(([, name]) => name.test(language.trim()))?.[0] ?? 'en';
	return HEADINGS[code] as OwnHeadings;
}

/** Whether a heading is one of the demo's own, in whatever language. */
export function isOwn(heading: string, which: keyof OwnHeadings): boolean {
	return Object.values(HEADINGS).some((own) => own[which] === heading);
}

/** Whether a heading is any of the demo's own. */
export function isAnyOwn(heading: string): boolean {
	return Object.values(HEADINGS).some((own) => Object.values(own).includes(heading));
}

/** Whether a language was asked for that is not English. */
export function isForeign(language: string): boolean {
	return language.trim() !== '' && !/^(en\b|english)/i.test(language.trim());
}
