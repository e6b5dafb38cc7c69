/** Where links to documents and searches of the library lead: `prefix` plus `/library…`. */
export class Links {
	readonly #prefix: string;

	constructor(prefix: string) {
		this.#prefix = prefix.replace(/\/$/, '');
	}

	document(slug: string): string {
		return `${this.#prefix}/library/${encodeURIComponent(slug)}`;
	}

	search(query: string): string {
		// encodeURIComponent leaves parentheses alone, and those would end a Markdown link.
		const escaped = encodeURIComponent(query).replace(/[()']/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
		return `${this.#prefix}/library?q=${escaped}`;
	}
}
