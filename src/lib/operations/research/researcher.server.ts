import { counted } from '../../text/counted.ts';
import { QUEUED } from '../answer.ts';
import { assertAnswered, saidNothing, whyIncomplete, type Advice } from '../ending.ts';
import type { OwnEventOf, ProviderEvent, ProviderOutcome, RunContext, WebAction } from '../operation.ts';
import { keepAsFile } from '../result-file.ts';
import { asMarkdownFile, Bibliography, CitationStream, numberCitations } from './citations.ts';
import { research, type ResearchResult, type ResearchState } from './model.ts';
import { Thinking } from './thinking.server.ts';

type Context = RunContext<typeof research>;
type OwnEvent = OwnEventOf<typeof research>;

/** Turns what a provider tells of a research into phases, queries, reasoning, sources and a report. */
export class Researcher {
	/** How the model declined; the outcome that follows has the usage. */
	refusal: string | null = null;
	readonly #ctx: Context;
	readonly #thinking: Thinking;
	readonly #expectedLength: number;
	readonly #bibliography: Bibliography;
	readonly #queries: string[];
	#citations: CitationStream;
	#steps: number;
	#called: boolean;
	#acted = false;
	/** Steps since the last tool call, whose type is settled when the answer begins. */
	#unsettled: { index: number; summary: string }[] = [];
	/** The message that is the report, and messages that are only commentary. */
	#answer: string | null = null;
	/** What the page shows of the report. */
	#shown: string;
	/** The activity that was told last. */
	#said = '';
	readonly #commentary = new Set<string>();
	/** What the same job told before its process was lost: a polled provider tells all of it again. */
	readonly #told: ReadonlySet<string>;
	#state: ResearchState;
	/** The answer is being written, as far as one can tell: no search came after its beginning. */
	#writing = false;

	constructor(ctx: Context, expectedLength: number) {
		this.#ctx = ctx;
		this.#thinking = new Thinking(ctx);
		this.#expectedLength = expectedLength;
		const { state, content } = ctx.resumed ?? { state: research.state(), content: {} as Record<string, string> };
		const cited = state.sources.flatMap(({ number, url, title }) =>
			number === null ? [] : { id: number, url, title: title ?? url }
		);
		this.#bibliography = new Bibliography(
			cited.toSorted((a, b) => a.id - b.id),
			({ id, url, title }) => this.#emit('source', { url, title, number: id })
		);
		this.#citations = new CitationStream(this.#bibliography);
		this.#queries = state.calls.flatMap(({ query }) => query ?? []);
		this.#steps = state.reasoning.length;
		this.#called = state.calls.length > 0;
		this.#told = new Set([
			...state.calls.map(({ callId }) => callId),
			...state.reasoning.map(({ summary }) => summary)
		]);
		this.#shown = content.report ?? '';
		this.#state = state;
	}

	/** What it has shown so far. */
	get state(): ResearchState {
		return this.#state;
	}

	/** The report so far. */
	get draft(): string {
		return this.#shown;
	}

	get writing(): boolean {
		return this.#writing;
	}

	/** From here on the report is written from what there is. Told again after a restart, it changes nothing. */
	finishEarly(): void {
		this.#unsettled = [];
		if (this.#state.early) return;
		const searches = this.#state.calls.filter(({ action }) => action === 'search').length;
		this.#emit('early_finish', { searches, sources: this.#state.sources.length });
		// What an interim message said gives way to the report when that begins.
		this.#answer ??= this.#shown === '' ? null : '';
	}

	#emit<T extends OwnEvent['type']>(type: T, data: Extract<OwnEvent, { type: T }>['data']): void {
		(this.#ctx as RunContext).emit(type, data);
		this.#state = research.reduce(this.#state, { type, data, at: this.#ctx.now() } as OwnEvent & { at: number });
	}

	take(event: ProviderEvent): void {
		switch (event.type) {
			case 'reasoning_delta':
				this.#thinking.add(this.#steps, event.text);
				return this.say('Thinking');
			case 'reasoning':
				return this.#reason(event.text);
			case 'web':
				return this.#web(event.itemId, event.state, event.action);
			case 'tool':
				this.#called = true;
				return this.say(`Using ${event.name}`);
			case 'message':
				return this.#begin(event.itemId, event.phase);
			case 'text':
				return this.#write(event.itemId, event.text);
			case 'alive':
				return event.status === 'queued' ? this.say(QUEUED) : undefined;
			case 'refusal':
				this.refusal = event.text;
				return undefined;
			default:
				return undefined;
		}
	}

	/** A reader is told what is new: the same line again would only wake everyone who watches. */
	say(activity: string): void {
		if (activity === this.#said) return;
		this.#said = activity;
		this.#ctx.activity(activity);
	}

	#reason(summary: string): void {
		this.#thinking.end(this.#steps);
		if (summary.trim() === '' || this.#told.has(summary)) return;
		const step = { index: this.#steps++, summary };
		const type = this.#answer || this.#state.early ? 'synthesizing' : this.#called ? 'searching' : 'planning';
		this.#emit('reasoning', { ...step, type });
		if (type === 'searching') this.#unsettled.push(step);
	}

	#web(callId: string, state: 'started' | 'completed' | 'failed', action: WebAction | null): void {
		this.#called = true;
		this.#writing = false;
		this.#unsettled = [];
		if (state === 'started') {
			this.#ctx.phase('searching');
			// What a call does is known only when it is done: until then the last one that is known stands.
			return this.#acted ? undefined : this.say('Searching the web');
		}
		if (state === 'failed') return this.say('A search failed; going on');
		if (action && !this.#told.has(callId) && !this.#told.has(`${callId}-1`)) this.#act(callId, action);
	}

	#act(callId: string, action: WebAction): void {
		this.#acted = true;
		if (action.kind === 'search') return this.#search(callId, action.queries, action.sources);
		this.#ctx.phase('reading');
		const pattern = action.kind === 'find_in_page' ? action.pattern : null;
		this.#emit('web_search_call', { callId, action: action.kind, query: null, link: action.url, pattern });
		this.say(action.url ? `Reading ${hostOf(action.url)}` : 'Reading a page');
		if (action.url) this.#emit('source', { url: action.url, title: null, number: null });
	}

	#search(callId: string, queries: string[], sources: string[]): void {
		// A run that is polled tells of searches only when they are over.
		this.#ctx.phase('searching');
		const texts: (string | null)[] = queries.length > 0 ? queries : [null];
		for (const [index, query] of texts.entries()) {
			const link = query === null ? null : this.#ctx.provider.searchUrl(query);
			const id = texts.length > 1 ? `${callId}-${index + 1}` : callId;
			this.#emit('web_search_call', { callId: id, action: 'search', query, link, pattern: null });
			if (query !== null) this.#queries.push(query);
		}
		for (const url of sources) this.#emit('source', { url, title: null, number: null });
		if (queries[0]) this.say(`Searched for “${queries[0]}”`);
	}

	#begin(itemId: string, phase: 'commentary' | 'final_answer' | null): void {
		if (phase === 'commentary') {
			this.#commentary.add(itemId);
			return;
		}
		this.#settle();
		this.#thinking.end(this.#steps);
		this.#ctx.phase('synthesizing');
		this.say('Writing the report');
		// Without a mark the last message is the report: what an earlier one said gives way.
		if (this.#answer !== null && this.#answer !== itemId && this.#shown !== '') this.#restart();
		this.#answer = itemId;
		this.#writing = true;
	}

	#settle(): void {
		for (const step of this.#unsettled) this.#emit('reasoning', { ...step, type: 'synthesizing' });
		this.#unsettled = [];
	}

	#restart(): void {
		this.#ctx.content('report', '', true);
		this.#citations = new CitationStream(this.#bibliography);
		this.#shown = '';
	}

	#write(itemId: string, text: string): void {
		if (this.#commentary.has(itemId)) return;
		if (this.#answer !== itemId) this.#begin(itemId, null);
		this.#show(this.#citations.push(text));
		// OP-05: approaches the end as the text nears the length that such reports have.
		this.#ctx.progress(1 - Math.exp((-2 * this.#shown.length) / this.#expectedLength), 'estimated');
	}

	#show(text: string): void {
		this.#ctx.content('report', text);
		this.#shown += text;
	}

	/** The provider's last word replaces whatever the stream said. */
	async conclude(outcome: ProviderOutcome): Promise<ResearchResult> {
		assertAnswered(outcome, this.refusal, this.#ctx.provider.label);
		if (outcome.text.trim() === '') throw saidNothing(outcome, 'report', advice);
		this.#ctx.phase('synthesizing');
		const report = numberCitations(outcome.text, outcome.citations, this.#bibliography);
		const sources = [...this.#bibliography.sources];
		this.#show(this.#citations.end());
		if (report !== this.#shown) this.#ctx.content('report', report, true);
		for (const { id, url, title } of sources) this.#emit('source', { url, title, number: id });
		const missing = [earlyEnd(this.#state), whyIncomplete(outcome, 'report', advice)];
		const why = missing.filter((sentence) => sentence !== null).join(' ');
		if (why !== '') this.#ctx.notice('warning', 'incomplete', why);
		const bytes = asMarkdownFile(report, sources);
		await keepAsFile({ name: 'report.md', mediaType: 'text/markdown', bytes }, 'report', this.#ctx);
		return { report, sources, queries: this.#queries, complete: why === '' };
	}
}

const advice: Advice = {
	max_output_tokens: 'Ask for less, or try again.',
	content_filter: 'Ask in other words.'
};

function earlyEnd({ early }: ResearchState): string | null {
	if (!early) return null;
	return `Finished early, as asked: written from ${counted(early.searches, 'search', 'searches')} and ${counted(early.sources, 'source', 'sources')}, before the research was over.`;
}

function hostOf(url: string): string {
	return URL.canParse(url) ? new URL(url).host : url.replace(/^\/library\//, '');
}
