import { answer } from './answer.ts';
import { chartAnswer } from './charts/chart-answer.ts';
import { chatPart } from './chat/chat-part.ts';
import type { ChatPart } from './chat/chat-part.ts';
import { bend, messageLimit } from './course.ts';
import type { Run } from './course.ts';
import { documentPart } from './documents/document.ts';
import type { ScriptedEvent } from './events.ts';
import { gatheredIn, gatheredReport } from './gathered.ts';
import { mayDraw, pictureOf } from './images/image-tool.ts';
import { playPicture } from './images/picture-call.ts';
import type { Links } from './links.ts';
import { furtherThought, planningThought, readingThought, synthesisThought } from './narrative.ts';
import { puzzlePart } from './puzzles/puzzle-part.ts';
import { promptOf, textOfPrompt } from './prompt.ts';
import type { Prompt } from './prompt.ts';
import { depthOf, mayResearch } from './request.ts';
import { research } from './research.ts';
import type { Research, Source, Visit } from './research.ts';
import { responseObject } from './response-object.ts';
import { Script } from './script.ts';
import { seededRandom } from './seeded.ts';
import { tokensIn } from './usage.ts';
import type { Search } from './queries.ts';

// A whole research takes 18 to 40 s by depth, so that a person can follow it (milliseconds at pace 1).
const DURATION = { quick: 18_000, standard: 27_000, deep: 36_000 };
const DURATION_SPREAD = 4_000;
// Nobody waits for a part of a document much longer than this, however much it says.
const PART_DURATION = { least: 2_200, most: 4_600 };
// A puzzle is looked at for some seconds, so that a person can follow it.
const PUZZLE_DURATION = { least: 5_000, most: 9_000 };
// A chat's first word, at about the time of a fast model's, and how much slower than a report its words come: 40 a second.
const FIRST_WORD_MS = 180;
const CHAT_TEMPO = 1.45;
// A whole helper call of a chat: plan, ranking, memories.
const HELPER_MS = 160;
const SEARCH_MS = 1300;
const OPEN_MS = 900;
const FIND_MS = 500;

/** Writes down everything that will happen in a response, with its time. The same input gives the same course. */
export function compose(source: Source, run: Run): ScriptedEvent[] {
	const prompt = promptOf(run.request.body.input, 'input');
	const script = new Script(run.id, textOfPrompt(prompt));
	const part = chatPart(source, run.request, prompt, isBroken(run));
	begin(script, run);
	if (part) playChat(script, run, part);
	else if (mayDraw(run.request)) playPicture(script, run, pictureOf(run.request, prompt.user), prompt.user);
	else if (mayResearch(run.request)) playResearch(script, source, run, prompt);
	else playAnswer(script, source, run, prompt);
	return bend(script.events(), run, textOfPrompt(prompt));
}

function begin(script: Script, run: Run): void {
	const queued = run.request.background || run.courses.some(({ name }) => name === 'stuck_queued');
	script.emit({
		type: 'response.created',
		response: responseObject(run, { status: queued ? 'queued' : 'in_progress' })
	});
	if (queued) script.wait(30).emit({ type: 'response.queued', response: responseObject(run, { status: 'queued' }) });
	script
		.wait(queued ? 400 : 60)
		.emit({ type: 'response.in_progress', response: responseObject(run, { status: 'in_progress' }) });
}

/** A chat's own tempo: a person waits for its first word, and a helper call is only waited for. */
function playChat(script: Script, run: Run, { kind, thought, text }: ChatPart): void {
	if (kind === 'answer' && run.request.summary !== null) script.reasoning(thought);
	if (run.courses.some(({ name }) => name === 'refusal')) script.refusal(REFUSAL);
	else script.message(text, messageLimit(run, script.events(), text.text));
	const events = script.events();
	if (kind !== 'answer') return stretch(events, HELPER_MS);
	const first = events.find(({ event }) => event.type === 'response.output_text.delta')?.at ?? 0;
	for (const event of events)
		event.at = event.at < first ? (event.at / first) * FIRST_WORD_MS : FIRST_WORD_MS + (event.at - first) * CHAT_TEMPO;
}

function isBroken({ courses }: Run): boolean {
	return courses.some(({ name }) => name === 'bad_plan');
}

function playResearch(script: Script, source: Source, run: Run, prompt: Prompt): void {
	const depth = depthOf(run.request);
	const plan = research(source, prompt.user, depth, run.request.maxToolCalls ?? Infinity);
	const player = new ResearchPlayer(script, source.links, run);
	player.play(plan);
	stretch(script.events(), DURATION[depth] + DURATION_SPREAD * seededRandom(prompt.user)());
}

function playAnswer(script: Script, source: Source, run: Run, prompt: Prompt): void {
	const { library, links } = source;
	const gathered = gatheredIn(prompt.user);
	const puzzle = puzzlePart(run.request, prompt.user);
	const part = gathered
		? null
		: (puzzle ?? chartAnswer(run.request, prompt.user) ?? documentPart(library, run.request, prompt.user));
	const asked = () => (gathered ? gatheredReport(source, gathered) : answer(library, links, prompt));
	const text = part ? { text: part.text, annotations: [] } : asked();
	const thought = gathered ? GATHERED : (part?.thought ?? LOOKING);
	script.wait(300).reasoning(run.request.summary === null ? null : thought);
	if (run.courses.some(({ name }) => name === 'refusal')) script.wait(300).refusal(REFUSAL);
	else script.wait(300).message(text, messageLimit(run, script.events(), text.text));
	if (!part) return;
	const took = script.events().at(-1)?.at ?? 0;
	const { least, most } = puzzle?.kind === 'analysis' ? PUZZLE_DURATION : PART_DURATION;
	stretch(script.events(), Math.min(most, Math.max(least, took)));
}

const LOOKING = '**Looking it up** I will look in the prompt first, then in the library.';
const GATHERED =
	'**Arranging what there is** The search is over. I will take sentences from the pages that were found.';
const REFUSAL = "I'm sorry, but I can't help with that. (The demo was asked to refuse.)";

/** Plays a research: thoughts, then searches and pages in two rounds, then the report. */
class ResearchPlayer {
	readonly #script: Script;
	readonly #links: Links;
	readonly #run: Run;

	constructor(script: Script, links: Links, run: Run) {
		this.#script = script;
		this.#links = links;
		this.#run = run;
	}

	play(plan: Research): void {
		const early = Math.ceil(plan.searches.length * 0.6);
		const firstPages = Math.ceil(plan.visits.length * 0.6);
		// The silence before the first thought is long enough for a keepalive, as it often is in reality.
		this.#script.wait(3200);
		this.#think(planningThought(plan.findings));
		for (const search of plan.searches.slice(0, early)) this.#search(search);
		this.#think(readingThought(plan.findings));
		for (const visit of plan.visits.slice(0, firstPages)) this.#visit(visit);
		if (plan.searches.length > early) this.#think(furtherThought(plan.visits.slice(0, firstPages), plan.findings));
		for (const search of plan.searches.slice(early)) this.#search(search);
		for (const visit of plan.visits.slice(firstPages)) this.#visit(visit);
		this.#script.wait(500);
		this.#think(synthesisThought(plan));
		this.#conclude(plan);
	}

	#think(text: string): void {
		this.#script.wait(200).reasoning(this.#run.request.summary === null ? null : text);
	}

	#search({ query, slugs }: Search): void {
		const sources = slugs.map((slug) => ({ type: 'url', url: this.#links.document(slug) }));
		const asked = this.#run.request.include.includes('web_search_call.action.sources');
		const action = { type: 'search', query, queries: [query], ...(asked ? { sources } : {}) };
		this.#script.wait(150).webSearch(action, SEARCH_MS, tokensIn(query) + 60 * slugs.length);
	}

	#visit({ slug, length, pattern }: Visit): void {
		const url = this.#links.document(slug);
		this.#script.wait(150).webSearch({ type: 'open_page', url }, OPEN_MS, Math.ceil(length / 4));
		if (pattern) this.#script.wait(80).webSearch({ type: 'find_in_page', url, pattern }, FIND_MS, 40);
	}

	#conclude({ report }: Research): void {
		this.#script.wait(700);
		if (this.#run.courses.some(({ name }) => name === 'refusal')) this.#script.refusal(REFUSAL);
		else this.#script.message(report, messageLimit(this.#run, this.#script.events(), report.text));
	}
}

/** Scales all times so that the last event comes at `duration` milliseconds. */
function stretch(events: ScriptedEvent[], duration: number): void {
	const factor = duration / (events.at(-1)?.at || duration);
	for (const event of events) event.at *= factor;
}
