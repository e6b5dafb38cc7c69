import { chooseClaims, claimsOf, standsAlone } from './claims.ts';
import type { Claim } from './claims.ts';
import type { Findings } from './findings.ts';
import type { Library } from './library.ts';

/** A part of a report: a heading and what the library says under it. */
export interface Section {
	title: string;
	claims: Claim[];
}

/** What a report says: a few sentences up front, then its sections. No sentence is used twice. */
export interface Outline {
	summary: Claim[];
	sections: Section[];
}

/** Arranges the findings into at most `count` sections of at most `size` claims each. */
export function outlineOf(library: Library, findings: Findings, count: number, size: number): Outline {
	const claims = distinct(claimsOf(library, findings.passages, findings.terms));
	const summary = summaryOf(claims);
	const rest = claims.filter((claim) => !summary.includes(claim));
	const sections = inReadingOrder(balanced(sectionsByHeading(rest), count), findings).map((section) =>
		chosen(section, size)
	);
	if (sections.length < 3)
		sections.push(...furtherSections(rest, sections, size), relatedSection(library, findings, size));
	return { summary, sections: sections.filter((section) => section.claims.length > 0).slice(0, count) };
}

function summaryOf(claims: Claim[]): Claim[] {
	const ranked = claims.filter(standsAlone).sort((a, b) => b.score - a.score);
	const first = ranked[0];
	const second = ranked.find((claim) => claim.passage.slug !== first?.passage.slug) ?? ranked[1];
	return [first, second].filter((claim) => claim !== undefined);
}

function sectionsByHeading(claims: Claim[]): Section[] {
	const groups = Map.groupBy(claims, ({ passage }) => `${passage.slug}\n${passage.heading ?? ''}`);
	const sections = [...groups.values()].map((group) => ({ title: titleFor(group, claims), claims: group }));
	return sections.sort((a, b) => best(b) - best(a));
}

/** The best `count` sections, none of the documents taking more than its share while others have something to say. */
function balanced(sections: Section[], count: number): Section[] {
	const slugOf = ({ claims }: Section) => claims[0]?.passage.slug;
	const share = Math.ceil(count / Math.max(1, new Set(sections.map(slugOf)).size));
	const within = sections.filter((section, index) => {
		const before = sections.slice(0, index).filter((each) => slugOf(each) === slugOf(section));
		return before.length < share;
	});
	return [...new Set([...within, ...sections])].slice(0, count);
}

/** The best document first, and within a document its own order. */
function inReadingOrder(sections: Section[], { documents }: Findings): Section[] {
	const rank = ({ claims }: Section) => documents.findIndex(({ slug }) => slug === claims[0]?.passage.slug);
	const order = ({ claims }: Section) => Math.min(...claims.map((claim) => claim.order));
	return [...sections].sort((a, b) => rank(a) - rank(b) || order(a) - order(b));
}

function titleFor(group: Claim[], all: Claim[]): string {
	const passage = group[0]?.passage;
	if (!passage) return '';
	const alone = all.every((claim) => claim.passage.slug !== passage.slug || claim.passage.heading === passage.heading);
	return alone || !passage.heading ? passage.title : `${passage.title}: ${passage.heading}`;
}

/** When one document answers alone: its figures, and what else it says. */
function furtherSections(rest: Claim[], sections: Section[], size: number): Section[] {
	const used = new Set(sections.flatMap((section) => section.claims.map((claim) => claim.text)));
	const left = rest.filter((claim) => !used.has(claim.text));
	const figures = chosen({ title: 'Figures and dates', claims: left.filter(({ text }) => /\d/.test(text)) }, size);
	const more = chosen(
		{ title: 'Further points', claims: left.filter((claim) => !figures.claims.includes(claim)) },
		size
	);
	return [figures, more];
}

function relatedSection(library: Library, { documents, passages, terms }: Findings, size: number): Section {
	const known = new Set(documents.map(({ slug }) => slug));
	const query = passages.slice(0, 3).map(({ passage }) => `${passage.title} ${passage.text}`);
	const near = library.rank(query.join(' '), 40).filter(({ passage }) => !known.has(passage.slug));
	const claims = distinct(claimsOf(library, near.slice(0, size), terms)).filter(standsAlone);
	const onePerDocument = [...Map.groupBy(claims, ({ passage }) => passage.slug).values()].map(([first]) => first);
	return { title: 'Nearby in the library', claims: onePerDocument.filter((claim) => claim !== undefined).slice(0, 2) };
}

function chosen({ title, claims }: Section, size: number): Section {
	return { title, claims: chooseClaims(claims, size) };
}

function best({ claims }: Section): number {
	return Math.max(...claims.map(({ score }) => score));
}

function distinct(claims: Claim[]): Claim[] {
	const seen = new Set<string>();
	return claims.filter(({ text }) => !seen.has(text) && seen.add(text));
}
