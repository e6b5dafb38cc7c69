import { outline, type Outline } from './model.ts';

/** A section while it is edited; `key` stays with it wherever it moves. Points are lines. */
export interface DraftSection {
	key: number;
	heading: string;
	points: string;
}

/** An outline while a person edits it. */
export class OutlineDraft {
	title = $state('');
	#sections: DraftSection[] = $state([]);
	#keys = 0;
	readonly #original: string;

	constructor(from: Outline) {
		this.title = from.title;
		this.#sections = from.sections.map(({ heading, points }) => this.#keyed(heading, points.join('\n')));
		this.#original = JSON.stringify(this.#value());
	}

	get sections(): readonly DraftSection[] {
		return this.#sections;
	}

	/** Whether anything is different from the outline that was proposed. */
	get changed(): boolean {
		return JSON.stringify(this.#value()) !== this.#original;
	}

	/** The outline that it makes now, or what is wrong with it, by path: `title`, `sections.2.heading`, `sections`. */
	get reading(): { ok: true; outline: Outline } | { ok: false; problems: Record<string, string> } {
		const read = outline.safeParse(this.#value());
		if (read.success) return { ok: true, outline: read.data };
		const problems = read.error.issues.map(({ path, message }) => [path.slice(0, 3).join('.'), message]);
		return { ok: false, problems: Object.fromEntries(problems) as Record<string, string> };
	}

	/** Adds an empty section at the end. Gives its key. */
	add(): number {
		const section = this.#keyed('', '');
		this.#sections.push(section);
		return section.key;
	}

	/** Removes a section. Gives the key of the one that then stands in its place, or null when none is left. */
	remove(key: number): number | null {
		const index = this.#indexOf(key);
		this.#sections.splice(index, 1);
		return (this.#sections[index] ?? this.#sections.at(-1))?.key ?? null;
	}

	/** Moves a section one place up or down; at the end of the list it stays. Gives its place, from 1. */
	move(key: number, by: -1 | 1): number {
		const index = this.#indexOf(key);
		const to = Math.min(this.#sections.length - 1, Math.max(0, index + by));
		const [section] = this.#sections.splice(index, 1);
		if (section) this.#sections.splice(to, 0, section);
		return to + 1;
	}

	#indexOf(key: number): number {
		return this.#sections.findIndex((section) => section.key === key);
	}

	#keyed(heading: string, points: string): DraftSection {
		return { key: ++this.#keys, heading, points };
	}

	#value(): Outline {
		return {
			title: this.title.trim(),
			sections: this.#sections.map(({ heading, points }) => ({
				heading: heading.trim(),
				points: points
					.split('\n')
					.map((point) => point.replace(/^\s*[-*•]\s+/, '').trim())
					.filter(Boolean)
			}))
		};
	}
}
