/** Finds the citations `[1]`, `[2, 3]` in an answer while it is written, wherever its pieces are cut. What stands in code is no citation. */
export class CitationMarks {
	/** What may still become a mark. */
	#mark: string | null = null;
	/** The backticks that code ends with; 0 outside of it. */
	#fence = 0;
	#ticks = 0;
	#lineEnds = 0;

	/** The numbers whose marks this piece completes, in order. */
	push(text: string): number[] {
		const found: number[] = [];
		for (const letter of text) {
			this.#count(letter);
			if (this.#fence > 0 || letter === '`') this.#mark = null;
			else if (letter === '[') this.#mark = '';
			else if (letter === ']') found.push(...this.#close());
			else if (this.#mark !== null)
				this.#mark = /[\d, ]/.test(letter) && this.#mark.length < 60 ? this.#mark + letter : null;
		}
		return found;
	}

	#close(): number[] {
		const numbers = (this.#mark ?? '').split(',').map((part) => part.trim());
		this.#mark = null;
		return numbers.every((part) => /^\d{1,3}$/.test(part)) ? numbers.map(Number) : [];
	}

	#count(letter: string): void {
		if (letter === '`') {
			this.#ticks += 1;
			return;
		}
		if (this.#ticks > 0) {
			this.#fence = this.#fence === 0 ? this.#ticks : this.#fence === this.#ticks ? 0 : this.#fence;
			this.#ticks = 0;
		}
		this.#lineEnds = letter === '\n' ? this.#lineEnds + 1 : 0;
		// A backtick without its partner opens no code beyond its paragraph; a fence of three does.
		if (this.#lineEnds > 1 && this.#fence < 3) this.#fence = 0;
	}
}
