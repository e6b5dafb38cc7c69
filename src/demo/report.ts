import type { Claim } from './claims.ts';
import type { Links } from './links.ts';

/** A citation as the wire has it: the offsets (UTF-16 units) span the inline link in the text. */
export interface UrlCitation {
	type: 'url_citation';
	start_index: number;
	end_index: number;
	title: string;
	url: string;
}

/** A text with the citations in it, in order of their position. */
export interface CitedText {
	text: string;
	annotations: UrlCitation[];
}

/** Builds a cited Markdown text from front to back. */
export class CitedTextBuilder {
	readonly #links: Links;
	#text = '';
	readonly #annotations: UrlCitation[] = [];

	constructor(links: Links) {
		this.#links = links;
	}

	write(text: string): this {
		this.#text += text;
		return this;
	}

	/** Writes a claim word for word, with the link to its document behind it. */
	claim({ text, passage }: Claim): this {
		const url = this.#links.document(passage.slug);
		const link = `([${passage.title.replace(/[[\]]/g, '')}](${url}))`;
		const start_index = this.#text.length + text.length + 1;
		this.#annotations.push({
			type: 'url_citation',
			start_index,
			end_index: start_index + link.length,
			title: passage.title,
			url
		});
		return this.write(`${text} ${link}`);
	}

	/** Claims as a list, or as a paragraph when there are only one or two. */
	claims(claims: Claim[]): this {
		const mark = claims.length > 2 ? '- ' : '';
		claims.forEach((claim, index) => {
			if (index > 0) this.write(mark ? '\n' : ' ');
			this.write(mark).claim(claim);
		});
		return this.write('\n\n');
	}

	build(): CitedText {
		return { text: this.#text.trimEnd() + '\n', annotations: this.#annotations };
	}
}
