/** The model's reasoning as one text that only grows: pieces as they come, and each part once more when it is whole. */
export class Thoughts {
	#text: string;
	/** The part that is being thought; null between two. */
	#part: string | null = null;
	/** A process that was lost may have left a part unfinished. */
	#mayBeOpen: boolean;

	/** `shown` is what the same job had shown before. */
	constructor(shown: string) {
		this.#text = shown;
		this.#mayBeOpen = shown !== '';
	}

	get text(): string {
		return this.#text;
	}

	/** What comes next is another part, whatever it calls itself. */
	endPart(): void {
		this.#part = null;
		this.#mayBeOpen = false;
	}

	/** A piece of a part: what to append to the text. */
	add(part: string, piece: string): string {
		const isNew = this.#part !== null ? this.#part !== part : !this.#mayBeOpen;
		this.#part = part;
		this.#mayBeOpen = false;
		return this.#append(piece, isNew);
	}

	/** A whole part: what of it was not shown yet. */
	whole(part: string, text: string): string {
		const isOpen = this.#part === part || this.#mayBeOpen;
		this.endPart();
		if (text.trim() === '' || this.#text.includes(text.trim())) return '';
		const known = isOpen ? overlap(this.#text, text) : 0;
		return this.#append(text.slice(known), known === 0);
	}

	#append(piece: string, isNew: boolean): string {
		const isApart = this.#text === '' || this.#text.endsWith('\n\n');
		const added = isNew && !isApart && piece !== '' ? `\n\n${piece}` : piece;
		this.#text += added;
		return added;
	}
}

/** How many characters of the text's beginning are the end of what was shown. */
function overlap(shown: string, text: string): number {
	for (let length = Math.min(shown.length, text.length); length > 0; length--)
		if (shown.endsWith(text.slice(0, length))) return length;
	return 0;
}
