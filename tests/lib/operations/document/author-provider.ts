import type { ResponseRequest } from '$lib/operations/operation.ts';
import { Gate } from '../../../support/operations.ts';
import { nth, StoredReplies, type Held, type Reply } from '../stored-replies.ts';

/** The outline that it gives unless told otherwise. */
export const plan = {
	title: 'Tea and sleep',
	sections: [
		{ heading: 'What tea is', points: ['leaves', 'water'] },
		{ heading: 'What it does', points: ['caffeine'] },
		{ heading: 'When to drink it', points: ['morning'] }
	]
};

/** Plans and writes by the labels of the prompt. */
export class AuthorProvider extends StoredReplies {
	readonly id = 'author';
	readonly label = 'Author';
	/** Answers to outlines, in order; the last one again. */
	outlines: Reply[] = [JSON.stringify(plan)];
	/** The text of a section by its heading. */
	section: (heading: string) => Reply = (heading) => `About ${heading.toLowerCase()}: **much** is known.`;
	readonly #gates = new Map<string, Gate>();

	/** Answers whose request has this text in it stop after their first words, until the gate opens. */
	hold(about: string): Gate {
		const gate = new Gate();
		this.#gates.set(about, gate);
		return gate;
	}

	/** Headings of the sections that were asked for, in order; an outline is `outline`. */
	get asked(): string[] {
		return this.requests.map((request) => labelOf(inputOf(request), 'Section') ?? 'outline');
	}

	protected replyTo(request: ResponseRequest): Reply {
		const heading = labelOf(inputOf(request), 'Section');
		if (heading !== null) return this.section(heading);
		return nth(this.outlines, this.asked.filter((about) => about === 'outline').length);
	}

	protected heldBy(request: ResponseRequest): Held | undefined {
		const gate = [...this.#gates].find(([about]) => inputOf(request).includes(about))?.[1];
		return gate && { gate, after: 1 };
	}
}

/** An author is asked with one text, never a conversation. */
export function inputOf({ input }: ResponseRequest): string {
	if (typeof input !== 'string') throw new Error('an author is asked with one text');
	return input;
}

/** The text after a label, to the end of its line. */
export function labelOf(input: string, label: string): string | null {
	return new RegExp(`^${label}: (.*)$`, 'm').exec(input)?.[1] ?? null;
}
