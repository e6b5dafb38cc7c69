import { expect, test } from 'vitest';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Library } from '../../src/demo/library.ts';
import {
	demoFor,
	eventsOf,
	FIXTURES,
	lastObject,
	reportOf,
	request,
	researchRequest,
	temporaryFolder
} from './support.ts';
import type { Told } from './support.ts';
import type { Demo } from '../../src/demo/server.ts';

const QUESTIONS = [
	'How do Fresnel lenses work in lighthouses?',
	'What are kites made of?',
	'How fast do glaciers move and how are they measured?',
	'How did ships find their longitude with marine chronometers?'
];

const SHIPPED = join(import.meta.dirname, '../../src/demo/corpus');

interface Citation {
	start_index: number;
	end_index: number;
	title: string;
	url: string;
}

test('BY-15 different questions get different reports, each about its own topic', async () => {
	const demo = await demoFor();
	const reports = await Promise.all(QUESTIONS.map((question) => reportFor(demo, question)));
	expect(new Set(reports).size).toBe(QUESTIONS.length);
	expect(reports[0]).toContain('rings of glass prisms');
	expect(reports[1]).toContain('Silk and bamboo were the first materials of kites.');
	expect(reports[2]).toContain('slide faster');
	expect(reports[3]).toContain('lets a ship find its longitude');
});

test('BY-15 every claim of a report is a sentence of the document it cites, word for word', async () => {
	const demo = await demoFor();
	for (const question of QUESTIONS) {
		const claims = await claimsFor(demo, question);
		expect(claims.length).toBeGreaterThan(2);
		for (const { claim, slug } of claims) expect(oneLine(demo.library.document(slug)?.text ?? '')).toContain(claim);
	}
});

test('BY-15 a report over the shipped library cites its documents word for word, in several sections', async () => {
	const demo = await demoFor({ corpusFolders: [SHIPPED] });
	const questions = [
		'How do heat pumps work?',
		'How are coffee and tea different in caffeine?',
		'Why does bread rise with sourdough?'
	];
	for (const question of questions) {
		const report = await reportFor(demo, question, 'medium');
		expect(report.match(/^## /gm)?.length).toBeGreaterThanOrEqual(4);
		for (const { claim, slug } of await claimsFor(demo, question))
			expect(oneLine(demo.library.document(slug)?.text ?? '')).toContain(claim);
	}
});

test.for([
	['fixture library', FIXTURES],
	['shipped library', SHIPPED]
])('BY-15 a question that the %s cannot answer is said to be not in the corpus', async ([, folder]) => {
	const demo = await demoFor({ corpusFolders: [folder ?? ''] });
	const report = await reportFor(demo, 'what did my neighbour eat for breakfast');
	expect(report).toContain('**Not in the corpus.**');
	expect(report).not.toContain('**In short.**');
});

test('BY-15 an unanswerable question gets the nearest passages, shown as such and cited', async () => {
	const demo = await demoFor();
	const report = await reportFor(demo, 'What did the wick cost at the stock exchange in Singapore?');
	expect(report).toContain('**Not in the corpus.**');
	expect(report).toMatch(/## Nearest passages[^]*trimmed the wick[^]*\(\[Lighthouses\]\(\/library\/lighthouses\)\)/);
});

test.for(['???', '🙂', '日本の首都は?', 'Wie funktioniert das?'])(
	'BY-15 a question like %s that shares no word with the library is told what there is',
	async (question) => {
		const demo = await demoFor();
		const report = await reportFor(demo, question);
		expect(report).toContain('**Not in the corpus.**');
		expect(report).toContain('[Glaciers](/library/glaciers)');
	}
);

test('IR-01 the searches of a run differ, fit the question, and name the documents they found', async () => {
	const demo = await demoFor();
	const events = await eventsOf(demo, researchRequest(QUESTIONS[0], 'high'));
	const actions = events.flatMap(({ type, item }) =>
		type === 'response.output_item.done' ? [(item as { action?: Action }).action] : []
	);
	const searches = actions.filter((action) => action?.type === 'search');
	const queries = searches.map((action) => action?.query);
	expect(new Set(queries).size).toBe(queries.length);
	expect(queries.length).toBeGreaterThan(3);
	expect(queries[0]).toBe('fresnel lenses lighthouses');
	expect(searches[0]?.sources?.[0]).toEqual({ type: 'url', url: '/library/lighthouses' });
	expect(actions.filter((action) => action?.type === 'open_page').map((action) => action?.url)).toContain(
		'/library/lighthouses'
	);
	expect(actions.some((action) => action?.type === 'find_in_page' && action.pattern)).toBe(true);
});

test('IR-01 sources are named only when the request asks for them', async () => {
	const demo = await demoFor();
	const events = await eventsOf(demo, { ...researchRequest(), include: [] });
	expect(events.some(({ item }) => (item as { action?: Action } | undefined)?.action?.type === 'search')).toBe(true);
	expect(JSON.stringify(events)).not.toContain('"sources"');
});

test('BY-15 links start with the link base, and the demo serves every one of them by itself', async () => {
	const demo = await demoFor();
	const alone = await demoFor({ linkBase: demo.url.replace('/v1', '') });
	const report = await reportFor(alone, QUESTIONS[0] ?? '');
	const links = [...report.matchAll(/\]\((\S+?)\)/g)].map(([, link]) => link ?? '');
	expect(links.some((link) => link.includes('/library?q='))).toBe(true);
	for (const link of links) {
		const page = await fetch(link);
		expect([link, page.status]).toEqual([link, 200]);
		expect(await page.text()).not.toContain('Nothing found');
	}
});

test('BY-15 each citation spans its inline link, also where characters take several bytes', async () => {
	const demo = await demoFor();
	const events = await eventsOf(demo, researchRequest(QUESTIONS[2], 'medium'));
	let text = '';
	let spans = 0;
	for (const event of events) {
		if (event.type === 'response.output_text.delta') text += String(event.delta);
		if (event.type !== 'response.output_text.annotation.added') continue;
		const { start_index, end_index, title, url } = event.annotation as Citation;
		expect(text.slice(start_index, end_index)).toBe(`([${title}](${url}))`);
		spans++;
	}
	expect(spans).toBeGreaterThan(3);
	expect(text).toMatch(/[^\u0000-\u007f]/);
});

test('BY-15 more effort means more searches and a longer report; max_tool_calls is the upper limit', async () => {
	const demo = await demoFor({ corpusFolders: [SHIPPED] });
	const [low, medium, high] = await Promise.all(
		(['low', 'medium', 'high'] as const).map((effort) =>
			eventsOf(demo, researchRequest('How do heat pumps work?', effort))
		)
	);
	expect(calls(low)).toBeLessThan(calls(medium));
	expect(calls(medium)).toBeLessThan(calls(high));
	expect(reportOf(lastObject(low ?? [])).length).toBeLessThan(reportOf(lastObject(high ?? [])).length);
	const limited = await eventsOf(demo, { ...researchRequest('How do heat pumps work?', 'high'), max_tool_calls: 4 });
	expect(calls(limited)).toBe(4);
});

test.for([
	['low', 18, 22],
	['medium', 27, 31],
	['high', 36, 40]
] as const)('BY-15 with effort %s a research takes %i to %i s', async ([effort, least, most]) => {
	const dataDir = temporaryFolder();
	const demo = await demoFor({ dataDir, pace: 1 });
	const answer = await request(demo, 'POST', '/responses', { ...researchRequest(QUESTIONS[0], effort), stream: false });
	expect(answer.status).toBe(200);
	const [file = ''] = readdirSync(join(dataDir, 'responses'));
	const { events } = JSON.parse(readFileSync(join(dataDir, 'responses', file), 'utf8')) as { events: { at: number }[] };
	const seconds = (events.at(-1)?.at ?? 0) / 1000;
	expect(seconds).toBeGreaterThanOrEqual(least);
	expect(seconds).toBeLessThanOrEqual(most + 0.1);
});

test('BY-15 a run thinks before, between and after its searches, and says who wrote the report', async () => {
	const demo = await demoFor();
	const events = await eventsOf(demo, researchRequest(QUESTIONS[0], 'medium'));
	const kinds = events.flatMap(({ type, item }) =>
		type === 'response.output_item.done' ? [(item as { type: string }).type] : []
	);
	expect(kinds.join(' ')).toMatch(
		/^reasoning (web_search_call )+reasoning (web_search_call )+reasoning (web_search_call )+reasoning message$/
	);
	expect(reportOf(lastObject(events))).toMatch(/## Limits[^]*demo provider, not a language model/);
});

test('BY-15 a library reads Markdown into titled passages and finds them by meaning words only', () => {
	const library = Library.read([FIXTURES, '/nowhere/at/all']);
	expect(library.documents().map(({ slug }) => slug)).toEqual(['clocks', 'glaciers', 'kites', 'lighthouses']);
	expect(library.search('what is the measuring of glaciers?')[0]).toMatchObject({
		slug: 'glaciers',
		title: 'Glaciers',
		heading: 'Measuring'
	});
	expect(library.search('what is the')).toEqual([]);
	expect(library.document('nobody')).toBeUndefined();
});

interface Action {
	type: string;
	query?: string;
	url?: string;
	pattern?: string;
	sources?: unknown[];
}

async function reportFor(demo: Demo, question: string, effort: 'low' | 'medium' = 'low'): Promise<string> {
	return reportOf(lastObject(await eventsOf(demo, researchRequest(question, effort))));
}

/** What stands between a citation and the one before it, without list marks and headings, and the document cited. */
async function claimsFor(demo: Demo, question: string): Promise<{ claim: string; slug: string }[]> {
	const events = await eventsOf(demo, researchRequest(question, 'medium'));
	const text = reportOf(lastObject(events));
	const citations = events.flatMap(({ annotation }) => (annotation ? [annotation as Citation] : []));
	return citations.map(({ start_index, url }, index) => {
		const before = text.slice(citations[index - 1]?.end_index ?? 0, start_index);
		const claim = (before.split('\n').at(-1) ?? '').replace(/^- |\*\*In short\.\*\* /, '').trim();
		return { claim, slug: url.replace('/library/', '') };
	});
}

function calls(events: Told[] = []): number {
	return events.filter(({ type }) => type === 'response.web_search_call.completed').length;
}

function oneLine(text: string): string {
	return text.replace(/\s+/g, ' ');
}
