import { HeadwayError } from '$lib/jobs/error.ts';
import type { KnownDocument, Knowledge, NewDocument, Passage, Reach, Retrieval } from '$lib/operations/operation.ts';
import { wordsOf } from '$lib/operations/chat/words.ts';

/** Documents in memory, found by the words that they share with a question: what the agent makes of passages is tested, not how they are found. */
export class Shelf implements Knowledge {
	readonly #documents: (KnownDocument & { all: Passage[] })[] = [];
	/** What was searched for, in order. */
	readonly searches: string[] = [];
	/** Runs before each search. */
	before: () => Promise<void> = async () => undefined;

	async size(reach: Reach) {
		const all = await this.documents(reach);
		return { documents: all.length, passages: all.reduce((sum, { passages }) => sum + passages, 0) };
	}

	async search(question: string, { limit }: Reach & { limit: number }): Promise<Retrieval> {
		this.searches.push(question);
		await this.before();
		const asked = new Set(wordsOf(question).filter((word) => word.length > 3));
		const scored = this.#documents
			.flatMap(({ all }) => all)
			.map((passage) => {
				const own = new Set(wordsOf(`${passage.title} ${passage.text}`));
				return { ...passage, score: [...asked].filter((word) => own.has(word)).length };
			})
			.filter(({ score }) => score > 0)
			.toSorted((a, b) => b.score - a.score);
		const coverage = (scored[0]?.score ?? 0) / Math.max(1, asked.size);
		return { found: scored.slice(0, limit), candidates: { lexical: scored.length, vector: null }, coverage };
	}

	async embeddingModel() {
		return null;
	}

	async documents(_reach: Reach): Promise<KnownDocument[]> {
		return this.#documents;
	}

	async read(id: string, from: number, limit: number) {
		const document = this.#documents.find((each) => each.id === id);
		if (!document) throw new HeadwayError('not_found', 'There is no such document.');
		return { document, passages: document.all.slice(from, from + limit) };
	}

	async add(document: NewDocument): Promise<KnownDocument> {
		const id = `doc_${this.#documents.length + 1}`;
		const all = document.passages.map((passage, ordinal) => ({
			...passage,
			...{ id: this.#documents.length * 1_000 + ordinal + 1, documentId: id, title: document.title, ordinal }
		}));
		const counts = { passages: all.length, characters: all.reduce((sum, { text }) => sum + text.length, 0) };
		const known = { ...document, ...counts, id, createdAt: 0, all };
		this.#documents.push(known);
		return known;
	}
}
