/** A puzzle that ships, as `GET /api/puzzles` lists it, with its first pair. */
export interface ListedPuzzle {
	id: string;
	title: string;
	/** Counts from 1. */
	level: number;
	example: { input: number[][]; output: number[][] };
}

/** What the puzzles of a level ask for, by its number. */
const LEVELS: Record<number, string> = {
	1: 'One move',
	2: 'One rule',
	3: 'Shapes and lines',
	4: 'Thinking',
	5: 'Several rules'
};

/** The puzzles that ship, as they are loaded. */
export class ShippedList {
	/** In the order in which they ship; null until they are there. */
	puzzles = $state.raw<readonly ListedPuzzle[] | null>(null);
	failed = $state(false);

	/** By level, each with a name such as “Level 1: One move”. */
	get levels(): { level: number; name: string; puzzles: readonly ListedPuzzle[] }[] {
		const byLevel = Object.groupBy(this.puzzles ?? [], ({ level }) => level);
		return Object.entries(byLevel).map(([number, puzzles = []]) => {
			const level = Number(number);
			const title = LEVELS[level];
			return { level, name: title === undefined ? `Level ${level}` : `Level ${level}: ${title}`, puzzles };
		});
	}

	/** Asks for them; may be called again after it failed. */
	readonly load = async (): Promise<void> => {
		this.failed = false;
		const answer = await fetch('/api/puzzles').catch(() => null);
		const list = answer?.ok ? ((await answer.json().catch(() => null)) as { puzzles?: ListedPuzzle[] } | null) : null;
		this.puzzles = list?.puzzles ?? null;
		this.failed = this.puzzles === null;
	};
}
