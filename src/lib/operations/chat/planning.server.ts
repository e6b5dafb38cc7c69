import { HeadwayError } from '../../jobs/error.ts';
import type { ListedTool, Toolbox } from '../../tools/toolbox.server.ts';
import { counted } from '../../text/counted.ts';
import type { Known } from './context.server.ts';
import { describeTables } from './files.server.ts';
import { askHelper } from './helper.server.ts';
import type { Plan } from './model.ts';
import { readPlan } from './plan.ts';
import type { Context, Progress } from './progress.server.ts';
import { planRequest, type PlanFacts } from './requests.ts';

/** A plan may take so long; after that the turn is answered without tools. */
const PLAN_MS = 60_000;

/** A plan as it stands: what is wrong with it, and the text that it was read from. */
interface Draft {
	plan: Plan;
	attempt: number;
	problems: readonly string[];
	text: string;
}

/** Asks for a plan, checks it, has it repaired once (AG-03). It is made before any document is read: none can steer it. */
export class Planning {
	readonly #ctx: Context;
	readonly #progress: Progress;
	readonly #toolbox: Pick<Toolbox, 'list' | 'check'>;
	readonly #known: Known;
	readonly #message: string;
	/** Asked for once, and only where there is a plan to make. */
	#tables: Promise<readonly string[]> | null = null;

	constructor(of: {
		ctx: Context;
		progress: Progress;
		toolbox: Pick<Toolbox, 'list' | 'check'>;
		known: Known;
		message: string;
	}) {
		this.#ctx = of.ctx;
		this.#progress = of.progress;
		this.#toolbox = of.toolbox;
		this.#known = of.known;
		this.#message = of.message;
	}

	/** The plan that can run; null when there is none, which the person has then been told. */
	async make(): Promise<Plan | null> {
		this.#progress.begin('planning', 'Planning what to do.');
		this.#ctx.activity('Planning what to do');
		const draft = this.#before() ?? (await this.#ask('plan', 1));
		const tools = draft.plan.calls.map(({ tool }) => tool);
		const steps =
			tools.length === 0 ? 'No tool is needed.' : `${counted(tools.length, 'call', 'calls')}: ${tools.join(', ')}.`;
		this.#progress.end('planning', steps, { goal: draft.plan.goal, calls: tools.length, tools });
		return this.#validated(draft);
	}

	/** The last plan of a process that was lost. */
	#before(): Draft | null {
		const last = this.#ctx.resumed?.state.plans.at(-1);
		return last ? { ...last, text: JSON.stringify(last.plan) } : null;
	}

	async #validated(first: Draft): Promise<Plan | null> {
		this.#progress.begin('validation', 'Checking the plan.');
		const before = this.#progress.ended('validation');
		if (before) return before.valid === true ? first.plan : null;
		const drafts = [await this.#checked(first)];
		if (first.attempt === 1 && drafts[0]?.problems.length) drafts.push(await this.#repaired(drafts[0]));
		const draft = drafts.at(-1) ?? first;
		const valid = draft.problems.length === 0;
		const facts = { valid, repaired: draft.attempt > 1, problems: [...draft.problems] };
		if (!valid) this.#giveUp(draft.problems);
		const said = draft.attempt > 1 ? 'The plan was repaired and can run.' : 'The plan can run.';
		this.#progress.end('validation', valid ? said : 'The plan cannot run.', facts, valid ? 'completed' : 'failed');
		return valid ? draft.plan : null;
	}

	/** With what the tools have to say of it; a plan that cannot run is shown with why. */
	async #checked(draft: Draft): Promise<Draft> {
		const { calls } = draft.plan;
		const found = calls.length === 0 ? [] : [...(await this.#toolbox.check(calls)), ...this.#leaks(calls)];
		const problems = [...new Set([...draft.problems, ...found])];
		if (problems.length > 0) this.#tell({ ...draft, problems });
		return { ...draft, problems };
	}

	async #repaired(broken: Draft): Promise<Draft> {
		this.#ctx.activity('Repairing the plan');
		return this.#checked(await this.#ask('plan-repair', 2, broken));
	}

	async #ask(step: string, attempt: number, broken?: Draft): Promise<Draft> {
		const asked = planRequest(await this.#facts(broken), this.#ctx.provider.can.structured);
		const text = await askHelper(this.#ctx, this.#progress, { asked, step, limitMs: PLAN_MS }).catch(noneInTime);
		const reading = readPlan(text);
		const plan = reading?.plan ?? { goal: '', calls: [] };
		const draft = { plan, attempt, problems: reading?.problems ?? [text === '' ? NO_ANSWER : NO_PLAN], text };
		this.#tell(draft);
		return draft;
	}

	#tell({ plan, attempt, problems }: Draft): void {
		this.#ctx.emit('plan', { plan, attempt, problems: [...problems] });
	}

	async #facts(broken?: Draft): Promise<PlanFacts> {
		const { documents, files, memories, history } = this.#known;
		this.#tables ??= describeTables([...files.tables, ...files.earlier], this.#ctx);
		const tables = await this.#tables;
		const tools = (await this.#toolbox.list()).filter((tool) => this.#isOfUse(tool, tables));
		const facts = { tools, documents, files: tables, memories, history, message: this.#message };
		return broken ? { ...facts, broken } : facts;
	}

	/** A tool that has nothing to work on only invites mistakes. */
	#isOfUse({ id }: ListedTool, tables: readonly string[]): boolean {
		if (id === 'query_table') return tables.length > 0;
		if (id === 'search_knowledge' || id === 'read_document') return this.#known.documents.length > 0;
		return true;
	}

	/** What is remembered of the person goes to no other server, unless they say it themselves. */
	#leaks(calls: Plan['calls']): string[] {
		const said = plain(this.#message);
		const secret = this.#known.memories
			.map(({ text }) => plain(text))
			.filter((text) => text.length > 11 && !said.includes(text));
		const leaking = calls.filter((call) => {
			const sent = plain(JSON.stringify(call.arguments));
			return call.tool.includes('.') && secret.some((text) => sent.includes(text));
		});
		return leaking.map(
			({ id, tool }) => `Call "${id}" would send what is remembered of the person to ${tool.split('.')[0]}.`
		);
	}

	#giveUp(problems: readonly string[]): void {
		const message = `The plan could not be carried out, even after one repair: ${problems[0]} The answer is written without tools.`;
		this.#ctx.notice('warning', 'plan_invalid', message);
	}
}

const NO_PLAN = 'What the model wrote is not a plan.';
const NO_ANSWER = 'The model gave no plan in time.';

/** A plan that does not come is a plan that cannot be read; every other failure is the turn's. */
function noneInTime(error: unknown): string {
	if (error instanceof HeadwayError && error.code === 'timeout') return '';
	throw error;
}

const plain = (text: string) =>
	text
		.toLowerCase()
		.replace(/[^\p{L}\p{N}]+/gu, ' ')
		.trim();
