import { execute, type ExecuteListener } from '../../tools/execute.server.ts';
import { hasEnded, type ToolEvent } from '../../tools/call.ts';
import type { Toolbox } from '../../tools/toolbox.server.ts';
import { counted } from '../../text/counted.ts';
import type { Passage } from '../operation.ts';
import { askHelper } from './helper.server.ts';
import type { Cited, Plan } from './model.ts';
import type { Context, Progress } from './progress.server.ts';
import { fitting, rankByWords, RANKED_FROM, readRanking } from './ranking.ts';
import { rankingRequest } from './requests.ts';
import { gist } from './words.ts';

/** What the tools of a plan came to. */
export interface Gathered {
	readonly tools: readonly ToolEvent[];
	/** Numbered as the answer may cite them, the best first. */
	readonly passages: readonly Cited[];
}

/** The share of the execution that the tools are taken for. */
export const TOOLS_SHARE = 0.4;
/** A ranking that takes longer costs more than it gives. */
const RANKING_MS = 20_000;
/** What they gave stands in passages, not in results. */
const SEARCHING: ReadonlySet<string> = new Set(['search_knowledge', 'read_document']);

/** Whether what a tool gives are passages. */
export const givesPassages = (tool: string) => SEARCHING.has(tool);

/** Runs the calls of a plan and orders the passages that they found. After a restart it goes on with what was not finished. */
export class Gathering {
	readonly #ctx: Context;
	readonly #progress: Progress;
	readonly #toolbox: Toolbox;
	/** In the order in which they were found. */
	#found: Cited[];
	/** The calls that have not ended. */
	#open: { id: string; tool: string }[] = [];
	/** How the calls stood before a restart. */
	readonly #before: readonly ToolEvent[];
	/** Ordered before a restart, or cited by an answer that had begun: their numbers stand. */
	readonly #stands: boolean;

	constructor(ctx: Context, progress: Progress, toolbox: Toolbox) {
		this.#ctx = ctx;
		this.#progress = progress;
		this.#toolbox = toolbox;
		this.#before = ctx.resumed?.state.tools ?? [];
		this.#found = [...(ctx.resumed?.state.passages ?? [])];
		this.#stands = progress.before('generating', 'begun') || progress.before('reranking', 'ended');
	}

	async run({ calls }: Plan, message: string): Promise<Gathered> {
		const over = new Set(this.#before.flatMap(({ id, state }) => (hasEnded(state) ? id : [])));
		this.#open = calls.filter(({ id }) => !over.has(id));
		const tools = await execute(calls, this.#toolbox, this.#listener());
		return { tools, passages: await this.#ranked(message) };
	}

	#listener(): ExecuteListener {
		return {
			resumed: this.#before,
			tool: (event) => {
				if (event.state === 'executing') this.#stage(event);
				this.#ctx.emit('tool', event);
				if (hasEnded(event.state)) this.#ended(event);
			},
			progress: (progress) => this.#ctx.transient('tool_progress', progress),
			cite: (passages) => this.#cite(passages),
			ended: (done, total) => this.#ctx.progress((TOOLS_SHARE * done) / total, 'measured')
		};
	}

	#stage({ tool, title }: ToolEvent): void {
		if (givesPassages(tool)) this.#progress.stage('searching', 'Searching your documents');
		else this.#progress.stage('working', 'Using tools');
		this.#ctx.activity(title);
	}

	/** The stage of a call is over with the last call of its kind. */
	#ended({ id, tool }: ToolEvent): void {
		this.#open = this.#open.filter((call) => call.id !== id);
		const kind = givesPassages(tool);
		if (this.#open.some((call) => givesPassages(call.tool) === kind)) return;
		const { length } = this.#found;
		if (kind) this.#progress.over('searching', counted(length, 'passage found', 'passages found'), length);
		else this.#progress.over('working', 'The tools have run');
	}

	/** In the log before the call that found them has ended: a process that is lost does not lose them. */
	#cite(passages: readonly Passage[]): void {
		if (this.#stands) return;
		const known = new Set(this.#found.map(({ passageId }) => passageId));
		const fresh = passages.filter(({ id }) => !known.has(id) && known.add(id));
		if (fresh.length === 0) return;
		this.#found = numbered([...this.#found, ...fresh.map(asCited)]);
		this.#ctx.emit('passages', { passages: this.#found });
	}

	async #ranked(message: string): Promise<Cited[]> {
		if (this.#stands || this.#found.length === 0) return this.#found;
		if (this.#found.length >= RANKED_FROM) return this.#rank(message);
		return this.#tell(fitting(this.#found));
	}

	#tell(best: readonly Cited[]): Cited[] {
		const passages = numbered(best);
		this.#ctx.emit('passages', { passages });
		return passages;
	}

	async #rank(message: string): Promise<Cited[]> {
		const count = this.#found.length;
		this.#progress.stage('reranking', 'Choosing the passages that help most', count);
		const ranked = (await this.#byModel(message)) ?? rankByWords(this.#found, gist(message));
		const best = ranked.length > 0 ? ranked : rankByWords(this.#found, gist(message)).slice(0, RANKED_FROM - 1);
		const passages = this.#tell(fitting(best));
		const said = `${passages.length} of ${counted(count, 'passage', 'passages')} chosen`;
		this.#progress.over('reranking', said, passages.length);
		return passages;
	}

	/** Null when the model gave no ranking: that costs the turn its order, not its answer. */
	async #byModel(message: string): Promise<Cited[] | null> {
		const candidates = this.#found.slice(0, 24);
		const asked = rankingRequest(candidates, gist(message), this.#ctx.provider.can.structured);
		try {
			const text = await askHelper(this.#ctx, this.#progress, { asked, step: 'rerank', limitMs: RANKING_MS });
			return readRanking(text, candidates);
		} catch (error) {
			this.#ctx.signal.throwIfAborted();
			this.#ctx.log.warn({ error: String(error) }, 'passages were ranked by words: the model gave no ranking');
			return null;
		}
	}
}

function asCited({ id, documentId, title, ordinal, page, heading, text }: Passage): Cited {
	return { number: 1, passageId: id, documentId, title, ordinal, page, heading, text };
}

function numbered(passages: readonly Cited[]): Cited[] {
	return passages.map((passage, at) => ({ ...passage, number: at + 1 }));
}
