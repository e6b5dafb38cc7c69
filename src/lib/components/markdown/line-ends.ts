/** Makes every line end of a growing text a `\n`, and looks only at what was added. */
export class LineEnds {
	#raw = '';
	#text = '';

	/** `raw` with `\n` for each `\r\n` and `\r`; `grown`: it begins with the one before. */
	read(raw: string): { text: string; grown: boolean } {
		const grown = raw.startsWith(this.#raw);
		const added = grown ? raw.slice(this.#raw.length) : raw;
		// The first half of this line end has become a `\n` already.
		const isHalf = grown && this.#raw.endsWith('\r') && added.startsWith('\n');
		const lines = (isHalf ? added.slice(1) : added).replace(/\r\n?/g, '\n');
		this.#text = grown ? this.#text + lines : lines;
		this.#raw = raw;
		return { text: this.#text, grown };
	}
}
