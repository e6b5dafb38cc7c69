import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import MiniSearch from 'minisearch';
import { passagesOf, titleOf } from './passages.ts';
import type { Passage } from './passages.ts';
import { isStopword, stem, stemsOf, wordsOf } from './terms.ts';
import type { Term } from './terms.ts';

export type { Passage } from './passages.ts';

/** One document of the library. `text` is its Markdown, as it was read. */
export interface LibraryDocument {
	slug: string;
	title: string;
	text: string;
	passages: Passage[];
}

/** A passage with how well it matches a query: higher is better, comparable within one search only. */
export interface RankedPassage {
	passage: Passage;
	score: number;
}

/** The documents that the demo answers from, and the search over them. */
export class Library {
	readonly #documents = new Map<string, LibraryDocument>();
	readonly #stems = new Map<string, Set<string>>();
	readonly #index = new MiniSearch<Passage & { id: string }>({
		fields: ['title', 'heading', 'text'],
		tokenize: wordsOf,
		processTerm: (word) => (isStopword(word) ? null : stem(word)),
		searchOptions: { boost: { title: 3, heading: 2 }, fuzzy: (term) => (term.length > 5 ? 0.2 : false) }
	});

	/** Files that are not read yet. */
	#unread: string[] = [];

	/** Every `*.md` of the folders, read when something is first asked of them; a folder that is missing holds none. */
	static read(folders: string[]): Library {
		const library = new Library();
		library.#unread = folders.flatMap((folder) => markdownFiles(folder).map((file) => join(folder, file)));
		return library;
	}

	/** Reads what is not read yet: 50 documents take about 50 ms, which a start need not wait for. */
	load(): void {
		const files = this.#unread;
		this.#unread = [];
		for (const file of files) this.#add(basename(file, '.md'), readFileSync(file, 'utf8'));
	}

	/** Adds a document; a name that is taken gets a number. */
	add(name: string, text: string): LibraryDocument {
		this.load();
		return this.#add(name, text);
	}

	#add(name: string, text: string): LibraryDocument {
		const slug = this.#freeSlug(name);
		const title = titleOf(text) ?? name;
		const document = { slug, title, text, passages: passagesOf(slug, title, text) };
		this.#documents.set(slug, document);
		this.#stems.set(slug, stemsOf(`${title} ${text}`));
		this.#index.addAll(document.passages.map((passage) => ({ ...passage, id: `${slug}#${passage.index}` })));
		return document;
	}

	documents(): LibraryDocument[] {
		this.load();
		return [...this.#documents.values()];
	}

	document(slug: string): LibraryDocument | undefined {
		this.load();
		return this.#documents.get(slug);
	}

	/** The passages nearest to a query, best first. */
	search(query: string, limit = 10): Passage[] {
		return this.rank(query, limit).map(({ passage }) => passage);
	}

	/** The passages nearest to a query with their scores, best first. */
	rank(query: string, limit = 10): RankedPassage[] {
		this.load();
		return this.#index
			.search(query)
			.slice(0, limit)
			.flatMap(({ id, score }) => this.#ranked(String(id), score));
	}

	/** How much a term tells: high for a word that few documents have. One that none has tells no more than a rare one. */
	weight(term: Term): number {
		this.load();
		return Math.log((this.#documents.size + 1) / (Math.max(1, this.frequency(term)) + 0.5));
	}

	/** How many documents have a term. */
	frequency(term: Term): number {
		this.load();
		return [...this.#stems.values()].filter((stems) => stems.has(term.stem)).length;
	}

	#ranked(id: string, score: number): RankedPassage[] {
		const [slug = '', index = ''] = id.split('#');
		const passage = this.#documents.get(slug)?.passages.find((each) => each.index === Number(index));
		return passage ? [{ passage, score }] : [];
	}

	#freeSlug(name: string): string {
		const slug = wordsOf(name).join('-') || 'document';
		let free = slug;
		for (let number = 2; this.#documents.has(free); number++) free = `${slug}-${number}`;
		return free;
	}
}

function markdownFiles(folder: string): string[] {
	try {
		return readdirSync(folder)
			.filter((file) => file.endsWith('.md'))
			.sort();
	} catch {
		return [];
	}
}
