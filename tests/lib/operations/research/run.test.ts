import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '$lib/jobs/error.ts';
import { HeadwayError } from '$lib/jobs/error.ts';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { ProviderEvent, ProviderOutcome, WebAction } from '$lib/operations/operation.ts';
import type { ResearchState } from '$lib/operations/research/model.ts';
import research from '$lib/operations/research/run.server.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../../support/app.ts';
import { created, ended as providerEnded, FakeProvider, outcome, type Step } from '../../server/fake-provider.ts';

type Fact = ProviderEvent extends infer E ? (E extends { cursor: number | null } ? Omit<E, 'cursor'> : never) : never;
const think = (text: string, index = 0): Fact => ({ type: 'reasoning', itemId: `rs_${text}`, index, text });
const web = (
	itemId: string,
	action: WebAction | null,
	state: 'started' | 'completed' | 'failed' = 'completed'
): Fact => ({ type: 'web', itemId, state, action });
const search = (itemId: string, ...queries: string[]): Fact => web(itemId, { kind: 'search', queries, sources: [] });
const open = (itemId: string, url: string): Fact => web(itemId, { kind: 'open_page', url });
const message = (itemId: string, phase: 'commentary' | 'final_answer' | null = null): Fact => ({
	type: 'message',
	itemId,
	phase
});
const write = (text: string, itemId = 'm'): Fact => ({ type: 'text', itemId, part: 0, text });

/** Facts of one stream, numbered; `created` is 0. */
const numbered = (facts: readonly Fact[], from = 1): Step[] =>
	facts.map((fact, index) => ({ cursor: from + index, ...fact }) as ProviderEvent);

/** Runs a research on a stream of these facts, which ends with this outcome. */
async function researched(
	facts: readonly Fact[],
	end: Partial<ProviderOutcome> & { status?: ProviderOutcome['status'] } = {}
) {
	const { status = 'completed', ...rest } = end;
	const final = providerEnded(facts.length + 1, outcome(status, { text: 'Done.', ...rest }));
	const provider = new FakeProvider([created(0), ...numbered(facts), final]);
	const app = await makeApp({ provider, runs: runsOf(research) });
	const { id } = await start(app, 'research', { query: 'Why is the sky blue?' });
	const snapshot = await ended(app, id);
	const events = await allEvents(app, id);
	return { app, provider, snapshot, events, state: snapshot.state as ResearchState };
}

const phasesOf = (events: readonly JobEvent[]) =>
	events.flatMap(({ type, data }) => (type === 'phase' ? [(data as { phase: string }).phase] : []));
const reasoningOf = (events: readonly JobEvent[]) =>
	events.flatMap(({ type, data }) => (type === 'reasoning' ? [data] : []));

describe('the phases of a research', () => {
	test('PG-01 RS-02 come from what really arrives: reasoning, searches, pages, text', async () => {
		const { events } = await researched(
			[think('plan'), search('w1', 'sky'), open('w2', 'https://a.example'), message('m'), write('Blue.')],
			{ text: 'Blue.' }
		);
		expect(phasesOf(events)).toEqual(['analyzing', 'searching', 'reading', 'synthesizing']);
	});

	test('PG-01 a search that starts is already Searching web', async () => {
		const provider = new FakeProvider([created(0), ...numbered([web('w1', null, 'started')]), 'silence']);
		const app = await makeApp({ provider, runs: runsOf(research) });
		const { id } = await start(app, 'research', { query: 'Why is the sky blue?' });
		expect((await until(app, id, ({ phase }) => phase === 'searching')).phases[1]?.status).toBe('current');
	});

	test('PG-01 a run that goes back and forth keeps the furthest phase, and its later searches still show', async () => {
		const { events, state } = await researched(
			[
				web('w1', null, 'started'),
				search('w1', 'a'),
				open('w2', 'https://a.example'),
				web('w3', null, 'started'),
				search('w3', 'b'),
				open('w4', 'https://b.example'),
				message('m'),
				search('w5', 'c'),
				write('Blue.')
			],
			{ text: 'Blue.' }
		);
		expect(phasesOf(events)).toEqual(['analyzing', 'searching', 'reading', 'synthesizing']);
		expect(state.calls.flatMap(({ query }) => query ?? [])).toEqual(['a', 'b', 'c']);
	});
});

describe('the activity line', () => {
	async function lineAfter(facts: readonly Fact[]) {
		const provider = new FakeProvider([created(0), ...numbered(facts), 'silence']);
		const app = await makeApp({ provider, runs: runsOf(research) });
		const { id } = await start(app, 'research', { query: 'Why is the sky blue?' });
		return (line: string) => until(app, id, ({ activity }) => activity === line);
	}

	test('PG-01 keeps the last search or page that is known while the next call has not said what it does', async () => {
		const shows = await lineAfter([search('w1', 'sky'), open('w2', 'https://a.example'), web('w3', null, 'started')]);
		expect((await shows('Reading a.example')).status).toBe('running');
	});

	test('PG-04 says that the run waits in the queue of the provider', async () => {
		const shows = await lineAfter([{ type: 'alive', status: 'queued' } as Fact]);
		expect((await shows("Waiting in the provider's queue")).status).toBe('running');
	});
});

describe('the reasoning of a research', () => {
	test('TS-02 is seen while it is thought, apart from the report, and gives way to the whole step', async () => {
		const thought = (text: string): Fact => ({ type: 'reasoning_delta', itemId: 'rs', index: 0, text }) as Fact;
		const provider = new FakeProvider([created(0), ...numbered([thought('The sky '), thought('scatters')]), 'silence']);
		const app = await makeApp({ provider, runs: runsOf(research) });
		const { id } = await start(app, 'research', { query: 'Why is the sky blue?' });
		const { state, content } = await until(app, id, (job) => (job.state as ResearchState).thinking !== undefined);
		expect(state).toMatchObject({ reasoning: [], thinking: { index: 0, text: expect.stringMatching(/^The sky/) } });
		expect(content).toEqual({});
		const { events, state: after } = await researched([thought('The sky '), think('The sky scatters'), message('m')]);
		expect(after.thinking).toBeUndefined();
		expect(events.map(({ type }) => type)).not.toContain('thinking');
	});

	test('RS-02 is planning before the first tool call, searching after it, synthesizing once the answer has begun', async () => {
		const { events } = await researched([
			think('p1'),
			think('p2'),
			search('w1', 'q'),
			think('s1'),
			search('w2', 'q2'),
			message('m'),
			think('z1')
		]);
		expect(reasoningOf(events)).toEqual([
			{ index: 0, type: 'planning', summary: 'p1' },
			{ index: 1, type: 'planning', summary: 'p2' },
			{ index: 2, type: 'searching', summary: 's1' },
			{ index: 3, type: 'synthesizing', summary: 'z1' }
		]);
	});

	test('RS-02 a step after the last search is settled as synthesizing when the answer begins, and keeps its place and time', async () => {
		const { events, state } = await researched([
			search('w1', 'q'),
			think('early'),
			search('w2', 'q'),
			think('late 1'),
			think('late 2'),
			message('m')
		]);
		expect(state.reasoning.map(({ index, type, summary }) => [index, type, summary])).toEqual([
			[0, 'searching', 'early'],
			[1, 'synthesizing', 'late 1'],
			[2, 'synthesizing', 'late 2']
		]);
		const first = events.find(({ type, data }) => type === 'reasoning' && (data as { index: number }).index === 1);
		expect(state.reasoning[1]?.at).toBe(first?.at);
	});

	test('IR-02 an empty summary is none', async () => {
		expect((await researched([think('  '), think('plan')])).state.reasoning.map(({ summary }) => summary)).toEqual([
			'plan'
		]);
	});
});

describe('the searches of a research', () => {
	test('RS-03 IR-01 each query is an event with its text and a link to where it was searched', async () => {
		const { state } = await researched([search('w1', 'sky blue'), search('w2', 'a', 'b')]);
		expect(state.calls.map(({ callId, action, query, link }) => ({ callId, action, query, link }))).toEqual([
			{ callId: 'w1', action: 'search', query: 'sky blue', link: '/search?q=sky%20blue' },
			{ callId: 'w2-1', action: 'search', query: 'a', link: '/search?q=a' },
			{ callId: 'w2-2', action: 'search', query: 'b', link: '/search?q=b' }
		]);
	});

	test('RS-03 a page that is opened, and a text that is looked for, are events too', async () => {
		const find = web('w2', { kind: 'find_in_page', url: 'https://a.example', pattern: 'blue' });
		const { state } = await researched([open('w1', 'https://a.example'), find, open('w3', 'https://b.example')]);
		expect(state.calls).toMatchObject([
			{ action: 'open_page', link: 'https://a.example', query: null },
			{ action: 'find_in_page', link: 'https://a.example', pattern: 'blue' },
			{ action: 'open_page', link: 'https://b.example' }
		]);
		expect(state.sources.map(({ url }) => url)).toEqual(['https://a.example', 'https://b.example']);
	});

	test('RS-03 a search whose text the provider does not tell is still one; a failed one is not', async () => {
		const { state, snapshot } = await researched([search('w1'), web('w2', null, 'failed'), search('w3', 'q')]);
		expect(state.calls.map(({ query, link }) => [query, link])).toEqual([
			[null, null],
			['q', '/search?q=q']
		]);
		expect(snapshot.result).toMatchObject({ queries: ['q'] });
	});

	test('IR-06 every note, call and source says when it was received', async () => {
		const { state } = await researched([think('p'), search('w', 'q'), open('o', 'https://a.example')]);
		const times = [...state.reasoning, ...state.calls, ...state.sources].map(({ at }) => at);
		expect(times).toHaveLength(4);
		expect(Math.min(...times)).toBeGreaterThan(Date.now() - 60_000);
	});
});

describe('the report of a research', () => {
	test('IR-03 RS-05 grows with the text, its links numbered, and is the provider’s last word at the end', async () => {
		const text = 'Blue ([A](https://a.example)) because of light ([B](https://b.example)).';
		const { snapshot, events } = await researched([message('m'), ...[...text].map((letter) => write(letter))], {
			text
		});
		expect(snapshot.content.report).toBe('Blue [1](#source-1) because of light [2](#source-2).');
		expect(snapshot.result).toEqual({
			report: snapshot.content.report,
			sources: [
				{ id: 1, url: 'https://a.example', title: 'A' },
				{ id: 2, url: 'https://b.example', title: 'B' }
			],
			queries: [],
			complete: true
		});
		expect(events.some(({ type, data }) => type === 'content' && (data as { replace?: boolean }).replace)).toBe(false);
		expect(events.at(-1)).toMatchObject({ type: 'done', data: { resultAvailable: true } });
		expect(snapshot.artifacts).toMatchObject([{ name: 'report.md', mediaType: 'text/markdown' }]);
	});

	test('IR-03 a text that differs from the provider’s last word is replaced by it', async () => {
		const { snapshot } = await researched([message('m'), write('Blu')], { text: 'Blue.' });
		expect(snapshot.content.report).toBe('Blue.');
	});

	test('IR-03 interim remarks are not the report', async () => {
		const { snapshot, events } = await researched(
			[
				message('c', 'commentary'),
				write('I will look. ', 'c'),
				message('m', 'final_answer'),
				write('Blue.', 'm'),
				message('c2', 'commentary'),
				write('Bye.', 'c2')
			],
			{ text: 'Blue.' }
		);
		expect(snapshot.content.report).toBe('Blue.');
		const told = events.flatMap(({ type, data }) => (type === 'content' ? [(data as { text: string }).text] : []));
		expect(told.join('')).toBe('Blue.');
	});

	test('IR-03 of several messages without a mark the last is the report, and what the first said gives way', async () => {
		const { snapshot, events } = await researched(
			[
				message('a'),
				write('A draft ([D](https://d.example)).', 'a'),
				message('b'),
				write('Blue ', 'b'),
				write('indeed.', 'b')
			],
			{ text: 'Blue indeed.' }
		);
		expect(snapshot.content.report).toBe('Blue indeed.');
		expect(
			events.filter(({ type, data }) => type === 'content' && (data as { replace?: boolean }).replace)
		).not.toHaveLength(0);
	});

	test('IR-03 a text whose message was never announced is the report', async () => {
		expect((await researched([write('Blue.')], { text: 'Blue.' })).snapshot.content.report).toBe('Blue.');
	});

	test('OP-05 BY-04 while it is written the bar is estimated from its expected length', async () => {
		const provider = new FakeProvider([created(0), ...numbered([message('m'), write('x'.repeat(2_500))]), 'silence']);
		const app = await makeApp({ provider, runs: runsOf(research) });
		const { id } = await start(app, 'research', { query: 'Why is the sky blue?' });
		await until(app, id, ({ content }) => (content.report?.length ?? 0) >= 2_500);
		// Three of four phases make 70 %; half of a usual report is about 63 % of the fourth, and time alone far less.
		const snapshot = await until(app, id, ({ progress }) => (progress.fraction ?? 0) > 0.8);
		expect(snapshot.progress).toMatchObject({ basis: 'estimated' });
		expect(snapshot.progress.fraction).toBeLessThan(1);
	});
});

describe('how a research ends', () => {
	test.each<[string, Fact[], Parameters<typeof researched>[1], ErrorCode, RegExp]>([
		['a refusal in the stream', [{ type: 'refusal', text: 'I cannot.' }], {}, 'refused', /declined: I cannot/],
		['a refusal in the outcome', [], { refusal: 'I will not.', text: '' }, 'refused', /declined: I will not/],
		[
			'a failure',
			[write('Half')],
			{ status: 'failed', error: new HeadwayError('provider_overloaded', 'Fake is overloaded.') },
			'provider_overloaded',
			/overloaded/
		],
		['an empty answer', [think('p')], { text: '  ' }, 'provider_error', /without an answer/],
		[
			'a cut without any text',
			[],
			{ status: 'incomplete', text: '', incompleteReason: 'max_output_tokens' },
			'incomplete',
			/length limit/
		],
		[
			'a cancel from elsewhere',
			[write('Half')],
			{ status: 'cancelled', text: '' },
			'provider_error',
			/cancelled at Fake/
		]
	])(
		'RS-06 %s is an error with a code and a sentence, and keeps what arrived',
		async (_, facts, end, code, sentence) => {
			const { snapshot, events } = await researched([search('w', 'q'), ...facts], end);
			expect(snapshot).toMatchObject({ status: 'failed', error: { code }, result: null });
			expect(snapshot.error?.message).toMatch(sentence);
			expect(events.at(-1)).toMatchObject({ type: 'error', data: { code } });
			expect((snapshot.state as ResearchState).calls).toHaveLength(1);
		}
	);

	test.each([
		['max_output_tokens', /length limit/],
		['content_filter', /content filter/],
		['else', /before the end/]
	])('RS-05 an incomplete answer (%s) is a result that says so', async (incompleteReason, sentence) => {
		const { snapshot } = await researched([message('m'), write('Half')], {
			status: 'incomplete',
			text: 'Half',
			incompleteReason
		});
		expect(snapshot).toMatchObject({ status: 'succeeded', result: { report: 'Half', complete: false } });
		expect(snapshot.notices).toMatchObject([
			{ level: 'warning', code: 'incomplete', message: expect.stringMatching(sentence) }
		]);
	});

	test('CX-10 the usage and the cost are the provider’s', async () => {
		const { snapshot } = await researched([write('Blue.')], { text: 'Blue.' });
		expect(snapshot).toMatchObject({ cost: { usd: 0.02, known: true }, usage: { outputTokens: 50, searches: 2 } });
	});

	test('CX-05 BY-05 a cancelled research says what was kept', async () => {
		const provider = new FakeProvider([
			created(0),
			...numbered([think('p'), search('w', 'q'), open('o', 'https://a.example'), message('m'), write('Half a report')]),
			'silence'
		]);
		const app = await makeApp({ provider, runs: runsOf(research) });
		const { id } = await start(app, 'research', { query: 'Why is the sky blue?' });
		await until(app, id, ({ content }) => content.report === 'Half a report');
		await app.jobs.cancel('local', id);
		expect((await ended(app, id)).receipt?.kept).toEqual([
			'1 search',
			'1 reasoning note',
			'1 source',
			'13 characters of the report'
		]);
	});

	test('RS-13 the request asks for a background stream with web search and summaries, at the depth’s effort', async () => {
		const { provider } = await researched([]);
		expect(provider.requests).toMatchObject([
			{
				background: true,
				stream: true,
				summaries: true,
				input: 'Why is the sky blue?',
				webSearch: { contextSize: 'medium' },
				effort: 'medium',
				maxToolCalls: 24
			}
		]);
	});
});

describe('what a research does where something is missing', () => {
	test('TS-01 without web search it asks for an answer from knowledge, and says so', async () => {
		const provider = new FakeProvider([created(0), providerEnded(1, outcome('completed', { text: 'Blue.' }))]);
		provider.can = { background: true, webSearch: false, images: true, structured: true, embeddings: true };
		const app = await makeApp({ provider, runs: runsOf(research) });
		const { id } = await start(app, 'research', { query: 'Why is the sky blue?' });
		const { status, notices } = await ended(app, id);
		expect(status).toBe('succeeded');
		expect(notices).toMatchObject([
			{ level: 'warning', code: 'no_web_search', message: expect.stringMatching(/^Fake has no web search: .*\.$/) }
		]);
		expect(provider.requests[0]).not.toHaveProperty('webSearch');
		expect(provider.requests[0]?.instructions).toMatch(/own knowledge.*cite none/s);
		expect(provider.requests[0]?.instructions).not.toContain('Search the web');
	});

	test('TS-01 with web search there is no such notice, and pages are to be cited', async () => {
		const { snapshot, provider } = await researched([]);
		expect(snapshot.notices).toEqual([]);
		expect(provider.requests[0]?.instructions).toMatch(/Search the web.*Cite the page/s);
	});

	test('RS-05 a report that cannot be stored as a file is still the result, with a warning', async () => {
		const dataDir = temporaryFolder();
		const blockDisk = async () => {
			rmSync(join(dataDir, 'artifacts'), { recursive: true });
			writeFileSync(join(dataDir, 'artifacts'), 'in the way');
		};
		const last = providerEnded(1, outcome('completed', { text: 'Blue.' }));
		const provider = new FakeProvider([created(0), blockDisk, last]);
		const app = await makeApp({ dataDir, provider, runs: runsOf(research) });
		const { id } = await start(app, 'research', { query: 'Why is the sky blue?' });
		const snapshot = await ended(app, id);
		expect(snapshot).toMatchObject({ status: 'succeeded', result: { report: 'Blue.', complete: true }, artifacts: [] });
		expect(snapshot.notices).toMatchObject([
			{ level: 'warning', code: 'artifact_failed', message: expect.stringMatching(/could not be stored/) }
		]);
	});

	test('CX-10 a refusal in the stream does not cut off the usage that comes with the end', async () => {
		const { snapshot } = await researched([{ type: 'refusal', text: 'I cannot.' }], { text: '', refusal: 'I cannot.' });
		expect(snapshot).toMatchObject({
			...{ status: 'failed', error: { code: 'refused', message: 'The model declined: I cannot.' } },
			...{ cost: { usd: 0.02, known: true }, usage: { outputTokens: 50 } }
		});
	});

	test('OP-10 the same activity again is not told again', async () => {
		const told: string[] = [];
		const thought = (text: string): ProviderEvent => ({
			...{ cursor: null, type: 'reasoning_delta', itemId: 'rs', index: 0, text }
		});
		const events = [thought('a'), thought('b'), thought('c'), ...numbered([search('w', 'q')]), thought('d')];
		const context = {
			...{ resumed: null, signal: new AbortController().signal, finishing: new AbortController().signal },
			provider: {
				...{ label: 'Fake', can: { webSearch: true }, searchUrl: () => '/' },
				async *respond() {
					yield* [...events, providerEnded(9, outcome('completed', { text: 'Blue.' }))];
				}
			},
			...{ phase() {}, emit() {}, transient() {}, content() {}, notice() {}, async artifact() {}, now: () => 0 },
			activity: (sentence: string) => told.push(sentence)
		};
		await research.run({ query: 'Why?', depth: 'quick' }, context as never);
		expect(told).toEqual(['Reading the question', 'Thinking', 'Searched for “q”', 'Thinking']);
	});
});

describe('a research that goes on in another process', () => {
	/** Runs the first facts in one app, shuts it down, and the rest in another. */
	async function resumed(
		before: Fact[],
		after: Fact[],
		text: string,
		arrived: (state: ResearchState, report: string) => boolean
	) {
		const dataDir = temporaryFolder();
		const first = await makeApp({
			dataDir,
			runs: runsOf(research),
			provider: new FakeProvider([created(0), ...numbered(before), 'silence'])
		});
		const { id } = await start(first, 'research', { query: 'Why is the sky blue?' });
		await until(first, id, ({ state, content }) => arrived(state as ResearchState, content.report ?? ''));
		await first.close();
		const rest = [...numbered(after, before.length + 1), providerEnded(99, outcome('completed', { text }))];
		const provider = new FakeProvider([], rest);
		const second = await makeApp({ dataDir, runs: runsOf(research), provider });
		const snapshot = await ended(second, id);
		return { provider, snapshot, state: snapshot.state as ResearchState };
	}

	test('BY-01 keeps its searches, its notes and their numbers, and tells none twice', async () => {
		const before = [think('plan'), search('w1', 'a'), think('note')];
		const { state, snapshot, provider } = await resumed(
			before,
			[search('w2', 'b'), think('more'), message('m'), write('Blue.')],
			'Blue.',
			({ reasoning }) => reasoning.length === 2
		);
		expect(provider.calls).toEqual(['resume 3']);
		expect(state.calls.map(({ query }) => query)).toEqual(['a', 'b']);
		expect(state.reasoning.map(({ index, summary }) => [index, summary])).toEqual([
			[0, 'plan'],
			[1, 'note'],
			[2, 'more']
		]);
		expect(snapshot.result).toMatchObject({ queries: ['a', 'b'], report: 'Blue.' });
	});

	test('BY-01 goes on in the middle of its report, and keeps the numbers of its sources', async () => {
		const text = 'One ([A](https://a.example)). Two ([B](https://b.example)), ([A](https://a.example)).';
		const cut = text.indexOf('Two');
		const { snapshot } = await resumed(
			[message('m'), write(text.slice(0, cut))],
			[write(text.slice(cut))],
			text,
			(_, report) => report.includes('One [1]')
		);
		expect(snapshot.content.report).toBe('One [1](#source-1). Two [2](#source-2), [1](#source-1).');
		expect(snapshot.result).toMatchObject({
			sources: [
				{ id: 1, url: 'https://a.example' },
				{ id: 2, url: 'https://b.example' }
			]
		});
	});
});
