import type { Citation } from '../operation.ts';
import { withoutTracking } from '../tracking.ts';
import type { CitedSource } from './model.ts';

/** A link in parentheses: how models write a citation. A link without them is part of the prose and stays. */
const cited =
	/\(\[((?:[^\]\\]|\\.)*)\]\(((?:https?:\/\/|\/(?!\/))[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+"[^"]*")?\)\)/g;
/** The start of something that may become one: each way in which `cited` can break off. */
const opening =
	/\((?:\[(?:[^\]\\]|\\.)*(?:\\|\](?:\((?:[^\s()]|\([^\s()]*\))*(?:\([^\s()]*|\)|\s+(?:"[^"]*(?:"\)?)?)?)?)?)?)?$/;
/** An opening that has not become a link after this many characters is ordinary text. */
const LONGEST = 2_000;

/** Numbers sources by their address, from 1 in the order in which they are first cited. */
export class Bibliography {
	readonly #sources: CitedSource[];
	readonly #onNew: (source: CitedSource) => void;

	constructor(known: readonly CitedSource[], onNew: (source: CitedSource) => void) {
		this.#sources = [...known];
		this.#onNew = onNew;
	}

	get sources(): readonly CitedSource[] {
		return this.#sources;
	}

	/** The source's number; a new one is added. A title that was only a host is replaced by a real one. */
	cite(address: string, title: string): number {
		const url = withoutTracking(address);
		const known = this.#sources.find((source) => source.url === url);
		if (known) return known.id;
		const source = { id: this.#sources.length + 1, url, title: title || url };
		this.#sources.push(source);
		this.#onNew(source);
		return source.id;
	}

	/** Gives a source the title that the provider's annotation knows. */
	name(address: string, title: string): void {
		const source = this.#sources.find(({ url }) => url === withoutTracking(address));
		if (source && title) source.title = title;
	}
}

/** Turns links into numbered citations while a report arrives in pieces. Holds back only what may be a link that is not whole yet. */
export class CitationStream {
	readonly #bibliography: Bibliography;
	#held = '';

	constructor(bibliography: Bibliography) {
		this.#bibliography = bibliography;
	}

	/** What of the text so far is certain. */
	push(piece: string): string {
		const text = this.#held + piece;
		const start = text.search(opening);
		const cut = start >= 0 && text.length - start <= LONGEST ? start : text.length;
		this.#held = text.slice(cut);
		return numbered(text.slice(0, cut), this.#bibliography);
	}

	/** The rest, when no more text comes. */
	end(): string {
		const rest = this.#held;
		this.#held = '';
		return numbered(rest, this.#bibliography);
	}
}

/** A whole report with its citations numbered: where the provider's annotations say, and wherever a link stands in parentheses. */
export function numberCitations(text: string, citations: readonly Citation[], bibliography: Bibliography): string {
	for (const { url, title } of citations) bibliography.name(url, title);
	return numbered(
		withAnnotated(text, citations),
		bibliography,
		(url) => citations.find((known) => withoutTracking(known.url) === withoutTracking(url))?.title
	);
}

/** Puts annotated links into parentheses, from the last to the first so that the offsets stay right. */
function withAnnotated(text: string, citations: readonly Citation[]): string {
	return citations
		.toSorted((a, b) => b.start - a.start)
		.reduce((whole, { start, end }) => {
			const span = whole.slice(start, end);
			return /^\[[^\]]*\]\([^()\s]+\)$/.test(span) ? `${whole.slice(0, start)}(${span})${whole.slice(end)}` : whole;
		}, text);
}

function numbered(
	text: string,
	bibliography: Bibliography,
	titleOf: (url: string) => string | undefined = () => undefined
): string {
	return text.replace(cited, (_whole, label: string, url: string) => {
		const id = bibliography.cite(url, titleOf(url) ?? label);
		return `[${id}](#source-${id})`;
	});
}

/** The report as a file: the text, then its sources with their addresses. */
export function asMarkdownFile(report: string, sources: readonly CitedSource[]): string {
	if (sources.length === 0) return `${report.trim()}\n`;
	const list = sources.map(
		({ id, url, title }) => `${id}. <a id="source-${id}"></a>[${title.replaceAll(/[[\]]/g, '')}](${url})`
	);
	return `${report.trim()}\n\n## Sources\n\n${list.join('\n')}\n`;
}
