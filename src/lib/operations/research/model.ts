import { z } from 'zod';
import { countedAny } from '../../text/counted.ts';
import { shortened } from '../../text/shortened.ts';
import { defineOperation } from '../operation.ts';
import { whereFields } from '../where.ts';
import { depth } from './depth.ts';
import { evidencePrompt, finishingTokens, hasEvidence } from './evidence.ts';

const input = z.strictObject({
	query: z
		.string()
		.trim()
		.min(3, 'Ask a question of at least 3 characters.')
		.max(8_000, 'Ask a question of at most 8,000 characters.'),
	depth: depth.default('standard'),
	...whereFields
});

/** A page that the report cites; `id` is its number in the text. */
const citedSource = z.object({ id: z.number().int(), url: z.string(), title: z.string() });
export type CitedSource = z.infer<typeof citedSource>;

const result = z.object({
	/** Markdown; a citation is `[n](#source-n)`. */
	report: z.string(),
	sources: z.array(citedSource),
	queries: z.array(z.string()),
	/** False when the provider stopped before the end (length, finish now). */
	complete: z.boolean()
});
export type ResearchResult = z.infer<typeof result>;

/** RS-02: what a reasoning step was for. */
export const reasoningType = z.enum(['planning', 'searching', 'synthesizing']);

const events = {
	/** Sent when the step completes; sent again under the same index once its type is settled. */
	reasoning: z.object({ index: z.number().int(), type: reasoningType, summary: z.string() }),
	/** Live only: the end of the step that is being thought, at the index that it will have; empty when it is over. */
	thinking: z.object({ index: z.number().int(), text: z.string() }),
	web_search_call: z.object({
		callId: z.string(),
		action: z.enum(['search', 'open_page', 'find_in_page']),
		/** The text that was searched; null where the provider does not say. */
		query: z.string().nullable(),
		/** Where a person sees what was searched or opened. */
		link: z.string().nullable(),
		/** The text looked for in a page. */
		pattern: z.string().nullable()
	}),
	/** `number` is the source's number in the report; null while it is not cited. */
	source: z.object({ url: z.string(), title: z.string().nullable(), number: z.number().int().nullable() }),
	/** The gathering was ended by finish now; the report is written from this many searches and pages. */
	early_finish: z.object({ searches: z.number().int(), sources: z.number().int() })
};

/** What a research has shown so far. */
export interface ResearchState {
	reasoning: { at: number; index: number; type: z.infer<typeof reasoningType>; summary: string }[];
	/** The step that is being thought; absent while none is. */
	thinking?: z.infer<(typeof events)['thinking']> | undefined;
	calls: ({ at: number } & z.infer<(typeof events)['web_search_call']>)[];
	sources: { at: number; url: string; title: string | null; number: number | null }[];
	/** What the report is written from, where finish now ended the gathering. */
	early?: { at: number } & z.infer<(typeof events)['early_finish']>;
}

/** Deep research: searches, reads and writes a cited report. */
export const research = defineOperation({
	id: 'research',
	title: 'Research',
	description: 'Searches the web, reads what it finds and writes a report with its sources.',
	icon: 'search',
	input,
	result,
	phases: [
		{ name: 'analyzing', label: 'Analyzing query', weight: 10 },
		{ name: 'searching', label: 'Searching web', weight: 35 },
		{ name: 'reading', label: 'Reading sources', weight: 25 },
		{ name: 'synthesizing', label: 'Synthesizing report', weight: 30 }
	],
	events,
	state: (): ResearchState => ({ reasoning: [], calls: [], sources: [] }),
	reduce(state, event) {
		const { at } = event;
		switch (event.type) {
			case 'reasoning':
				return {
					...afterThinking(state, event.data.index),
					reasoning: settleReasoning(state.reasoning, { at, ...event.data })
				};
			case 'thinking':
				return think(state, event.data);
			case 'web_search_call':
				return { ...state, calls: [...state.calls, { at, ...event.data }] };
			case 'source':
				return { ...state, sources: mergeSource(state.sources, { at, ...event.data }) };
			case 'early_finish':
				return { ...state, early: { at, ...event.data } };
		}
	},
	titleOf: ({ query }) => shortened(query, 80),
	variantOf: ({ depth }) => depth,
	finishingOf({ query, depth }, state, { report = '' }) {
		if (report !== '') return { refused: 'The report is being written already. It will not take long.' };
		if (!hasEvidence(state))
			return { refused: 'Nothing was found yet that a report could be written from. Let it search, or cancel it.' };
		return finishingTokens(depth, evidencePrompt(query, state, report));
	},
	keptOf(state, content) {
		return countedAny(
			[state.calls.filter(({ action }) => action === 'search').length, 'search', 'searches'],
			[state.reasoning.length, 'reasoning note', 'reasoning notes'],
			[state.sources.length, 'source', 'sources'],
			[content.report?.length ?? 0, 'character of the report', 'characters of the report']
		);
	},
	limits: { timeoutMs: 60 * 60_000, running: 4 },
	can: { finishNow: true, resumable: true, repeatable: false },
	typicalMs: 4 * 60_000
});

/** What is complete is not thought any more, in whichever order the two were told. */
function think(state: ResearchState, thinking: NonNullable<ResearchState['thinking']>): ResearchState {
	const isOver = thinking.text === '' || state.reasoning.some(({ index }) => index >= thinking.index);
	return isOver ? afterThinking(state, thinking.index) : { ...state, thinking };
}

function afterThinking({ thinking, ...state }: ResearchState, index: number): ResearchState {
	return thinking && thinking.index > index ? { ...state, thinking } : state;
}

/** A step that comes again keeps its place and time. */
function settleReasoning(
	steps: ResearchState['reasoning'],
	step: ResearchState['reasoning'][number]
): ResearchState['reasoning'] {
	if (!steps.some(({ index }) => index === step.index)) return [...steps, step];
	return steps.map((known) => (known.index === step.index ? { ...step, at: known.at } : known));
}

/** A source that comes again keeps its place and gains what was missing. */
function mergeSource(
	sources: ResearchState['sources'],
	found: ResearchState['sources'][number]
): ResearchState['sources'] {
	if (!sources.some(({ url }) => url === found.url)) return [...sources, found];
	return sources.map((known) =>
		known.url === found.url
			? {
					...known,
					title: found.number === null ? (known.title ?? found.title) : found.title,
					number: known.number ?? found.number
				}
			: known
	);
}
