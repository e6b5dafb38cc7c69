import { readPuzzle } from '../../puzzles/puzzle-text.ts';
import type { Puzzle } from '../../puzzles/puzzle.ts';

/** Which puzzle a form is about: one that ships, by its id, or one's own as text. */
export class PuzzleChoice {
	way = $state<'shipped' | 'own'>('shipped');
	puzzleId = $state('');
	text = $state('');
	readonly #reading = $derived(this.text.trim() === '' ? null : readPuzzle(this.text));

	/** Begins with that of an earlier job. */
	constructor(earlier: { puzzle?: Puzzle | undefined; puzzleId?: string | undefined } = {}) {
		this.puzzleId = earlier.puzzleId ?? '';
		if (!earlier.puzzle) return;
		this.way = 'own';
		this.text = JSON.stringify(earlier.puzzle);
	}

	/** One's own puzzle, as far as it can be read. */
	get own(): Puzzle | null {
		return this.#reading && 'puzzle' in this.#reading ? this.#reading.puzzle : null;
	}

	/** What is wrong with the text, in sentences. */
	get problems(): readonly string[] {
		return this.#reading && 'problems' in this.#reading ? this.#reading.problems : [];
	}

	/** Why nothing can be started with it; null when it can. */
	get reason(): string | null {
		if (this.way === 'shipped') return this.puzzleId === '' ? 'Choose a puzzle.' : null;
		if (this.own) return null;
		return this.problems.length > 0 ? 'Correct the puzzle.' : 'Paste a puzzle, or choose its file.';
	}

	/** The fields of an input that name it; null where there is none. */
	get input(): { puzzleId: string } | { puzzle: Puzzle } | null {
		if (this.way === 'shipped') return this.puzzleId === '' ? null : { puzzleId: this.puzzleId };
		return this.own && { puzzle: this.own };
	}
}
