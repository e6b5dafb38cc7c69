import { HeadwayError } from '../../jobs/error.ts';
import { ask, unheard, type Answer } from '../answer.ts';
import { defineRun, type InputOf, type RunContext } from '../operation.ts';
import { assemble, type Parts } from './assemble.server.ts';
import { writeDocument } from './file.server.ts';
import { document, outline as outlineShape, targetOf, type DocumentResult, type Outline } from './model.ts';
import { NOTES_LIMIT, relevantPart } from './notes.ts';
import { readOutline } from './outline.ts';
import {
	outlineInstructions,
	outlinePrompt,
	outlineSchema,
	repairPrompt,
	SECTION_LENGTH,
	sectionInstructions,
	sectionPrompt,
	type Material
} from './prompt.ts';
import { joined, researchOf, sourceList } from './sources.ts';

type Context = RunContext<typeof document>;
type Input = InputOf<typeof document>;
type Section = DocumentResult['sections'][number];

/** The part of the content that the outline stands for. */
const OUTLINE_SHARE = 0.1;

/** Makes a document: an outline, its sections one by one, the file, and the file's way into storage. */
export default defineRun(document, async (input, ctx) => {
	ctx.phase('generating');
	const author = new Author(input, ctx);
	await author.gather();
	const plan = await author.plan();
	const sections = await author.write(plan);
	ctx.phase('creating');
	ctx.activity('Putting the document together');
	const tree = assemble({ title: plan.title, sections, sources: author.sources, language: input.language });
	const file = await writeDocument(tree, input.format, ctx);
	ctx.phase('uploading');
	ctx.activity('Storing the file');
	const artifact = await ctx.artifact(file);
	const { complete } = author;
	return {
		title: plan.title,
		outline: plan,
		format: input.format,
		artifact,
		sections,
		sources: tree.sources,
		complete
	};
});

/** Plans and writes. After a restart it goes on with the request that was on its way; what was finished is not asked again. */
class Author {
	complete = true;
	sources: Parts['sources'];
	readonly #input: Input;
	readonly #ctx: Context;
	readonly #before: { state: ReturnType<typeof document.state>; content: Record<string, string> };
	/** The activity that was told last. */
	#said = '';
	#material: Material = { sources: '', notes: () => '' };

	constructor(input: Input, ctx: Context) {
		this.#input = input;
		this.#ctx = ctx;
		this.#before = ctx.resumed ?? { state: document.state(), content: {} };
		this.sources = this.#before.state.sources;
	}

	/** Reads the researches that it is made from. */
	async gather(): Promise<void> {
		const { fromJobs, notes = '' } = this.#input;
		const researches = [];
		for (const id of fromJobs) researches.push(researchOf(await this.#ctx.job(id)));
		const { sources, reports } = joined(researches);
		this.sources = sources;
		if (!this.#ctx.resumed && sources.length > 0) this.#ctx.emit('sources', { sources });
		const whole = [notes.trim(), ...reports].filter(Boolean).join('\n\n');
		if (!this.#ctx.resumed && whole.length > NOTES_LIMIT) this.#ctx.notice('info', 'notes_shortened', shortenedNotice);
		const list = sourceList(sources, reports);
		this.#material = { sources: list, notes: (about) => relevantPart(whole, about) };
	}

	/** The outline, reviewed by the person where that was asked for. */
	async plan(): Promise<Outline> {
		const known = this.#before.state.outline;
		const drafted = known ? { title: known.title, sections: known.sections } : await this.#draft();
		if (!known) this.#ctx.emit('outline', { ...drafted, reviewed: false });
		this.#ctx.progress(OUTLINE_SHARE, 'measured');
		if (!this.#input.reviewOutline || known?.reviewed) return drafted;
		this.#say('Waiting for you to accept the outline');
		const accepted = await this.#ctx.ask('outline', QUESTION, outlineShape);
		this.#ctx.emit('outline', { ...accepted, reviewed: true });
		return accepted;
	}

	async #draft(): Promise<Outline> {
		this.#say('Planning the outline');
		let broken = this.#before.state.draft;
		let problem = 'it is not an outline';
		if (broken === null) {
			const { text } = await this.#askForOutline(outlinePrompt(this.#input, this.#material), 'outline');
			const reading = readOutline(text);
			if (reading.ok) return reading.outline;
			[broken, problem] = [text, reading.problem];
			this.#ctx.emit('draft', { text });
		}
		this.#say('Asking again for the outline: the first answer could not be read');
		const { text } = await this.#askForOutline(repairPrompt(this.#input, broken, problem), 'outline-repair');
		const reading = readOutline(text);
		if (reading.ok) return reading.outline;
		const message = 'The model gave no outline that could be read, twice. Try again, or choose another model.';
		throw new HeadwayError('provider_error', message, { cause: reading.problem });
	}

	#askForOutline(input: string, step: string): Promise<Answer> {
		const { provider } = this.#ctx;
		const shape = provider.can.structured ? { schema: outlineSchema } : {};
		const listener = { ...unheard, activity: (message: string) => this.#say(message) };
		const request = { instructions: outlineInstructions, input, ...shape };
		return ask(provider, { request, step, activity: this.#said, shown: '', thought: '' }, listener);
	}

	async write(plan: Outline): Promise<Section[]> {
		const sections: Section[] = [];
		for (const [index, { heading }] of plan.sections.entries()) {
			const known = this.#before.state.sections.find((section) => section.index === index);
			const finished = known !== undefined && known.finishedAt !== null;
			const text = finished ? (this.#before.content[targetOf(index)] ?? '') : await this.#section(plan, index);
			if (finished && !known.complete) this.complete = false;
			sections.push({ heading, text });
			this.#ctx.progress(OUTLINE_SHARE + ((1 - OUTLINE_SHARE) * (index + 1)) / plan.sections.length, 'measured');
		}
		return sections;
	}

	async #section(plan: Outline, index: number): Promise<string> {
		const ctx = this.#ctx;
		const heading = plan.sections[index]?.heading ?? '';
		const target = targetOf(index);
		const begun = this.#before.state.sections.some((section) => section.index === index);
		if (!begun) ctx.emit('section', { index, heading, finished: false, complete: true });
		const activity = `Writing “${heading}”, section ${index + 1} of ${plan.sections.length}`;
		let shown = this.#before.content[target] ?? '';
		const request = {
			instructions: sectionInstructions,
			input: sectionPrompt(this.#input, plan, index, this.#material)
		};
		const answer = await ask(
			ctx.provider,
			{ request, step: target, activity, shown, thought: '' },
			{
				activity: (message) => this.#say(message),
				reasoning: () => undefined,
				text: (piece, restart) => {
					ctx.content(target, piece, restart);
					shown = restart ? piece : shown + piece;
					ctx.progress(shareOf(index, shown.length, plan.sections.length), 'estimated');
				}
			}
		);
		const text = answer.text.trim();
		if (text !== shown) ctx.content(target, text, true);
		ctx.emit('section', { index, heading, finished: true, complete: answer.stopped === null });
		if (answer.stopped !== null) this.#notComplete(`${answer.stopped}: the document is not complete.`);
		return text;
	}

	/** The same line again would only wake everyone who watches. */
	#say(activity: string): void {
		if (activity !== this.#said) this.#ctx.activity(activity);
		this.#said = activity;
	}

	#notComplete(why: string): void {
		if (this.complete) this.#ctx.notice('warning', 'incomplete', why);
		this.complete = false;
	}
}

const QUESTION = 'Is this outline right? Change what you like, then accept it.';
const shortenedNotice =
	'There is more material than fits into one request: each section gets the parts of it that have most to do with it.';

/** OP-05: within a section it approaches the end as the text nears the length that sections have. */
function shareOf(index: number, written: number, sections: number): number {
	const within = 1 - Math.exp((-2 * written) / SECTION_LENGTH);
	return OUTLINE_SHARE + ((1 - OUTLINE_SHARE) * (index + within)) / sections;
}
