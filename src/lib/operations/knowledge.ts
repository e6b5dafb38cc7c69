/** The largest file that becomes a document, in bytes. */
export const LARGEST_DOCUMENT = 50 * 1024 * 1024;

/** A stretch of a document of the knowledge base. */
export interface Passage {
	readonly id: number;
	readonly documentId: string;
	/** The document's title. */
	readonly title: string;
	/** Its place in the document, from 0. */
	readonly ordinal: number;
	/** From 1; null where the format has no pages. */
	readonly page: number | null;
	/** The headings that it stands under, joined by " › ". */
	readonly heading: string | null;
	readonly text: string;
}

/** A passage that a search found; a higher score is a better match, comparable within one search only. */
export interface FoundPassage extends Passage {
	readonly score: number;
}

/** What a search may look at: documents of no project, and those of `projectId`. */
export interface Reach {
	/** Absent: those of every project. */
	readonly projectId?: string | null;
	/** Only these documents. */
	readonly documents?: readonly string[];
}

/** What a search came to. */
export interface Retrieval {
	/** The best first. */
	readonly found: readonly FoundPassage[];
	/** How many candidates each way gave before they were fused; `vector` is null where there are no vectors. */
	readonly candidates: { readonly lexical: number; readonly vector: number | null };
	/** The share of the question's telling words, 0 to 1, that the best lexical match has: near 0, nothing is there. */
	readonly coverage: number;
}

/** A document as lists show it. */
export interface KnownDocument {
	readonly id: string;
	readonly title: string;
	readonly name: string;
	readonly mediaType: string;
	readonly projectId: string | null;
	readonly language: string | null;
	readonly pages: number | null;
	readonly passages: number;
	readonly characters: number;
	readonly jobId: string;
	readonly fileId: string;
	readonly createdAt: number;
}

/** A passage before it is stored. */
export type NewPassage = Pick<Passage, 'page' | 'heading' | 'text'>;

/** A document before it is stored; its passages are in order and together all of its text. */
export interface NewDocument {
	readonly fileId: string;
	readonly jobId: string;
	readonly projectId: string | null;
	readonly name: string;
	readonly title: string;
	readonly mediaType: string;
	readonly language: string | null;
	readonly pages: number | null;
	readonly passages: readonly NewPassage[];
	readonly vectors: { readonly model: string; readonly vectors: readonly Float32Array[] } | null;
}

/** The owner's documents. */
export interface Knowledge {
	/** How many documents and passages are in reach. */
	size(reach: Reach): Promise<{ documents: number; passages: number }>;
	/** The passages that answer a question best, at most `limit`: by words (BM25) and, given the question's vector, by meaning, fused. */
	search(
		question: string,
		options: Reach & { limit: number; vector?: { model: string; vector: Float32Array } }
	): Promise<Retrieval>;
	/** Which embedding model most documents in reach have vectors of; null when none has. */
	embeddingModel(reach: Reach): Promise<string | null>;
	/** Newest first. */
	documents(reach: Reach): Promise<KnownDocument[]>;
	/** Passages of a document in order, from `from`, at most `limit`. Fails with `not_found`. */
	read(documentId: string, from: number, limit: number): Promise<{ document: KnownDocument; passages: Passage[] }>;
	/** Stores a document, which is seen once it is whole; the same job's is stored once. Rejects with the signal's reason, and leaves nothing. */
	add(document: NewDocument, signal?: AbortSignal): Promise<KnownDocument>;
}
