import { sql, type SQL } from 'drizzle-orm';
import type { FoundPassage, Reach, Retrieval } from '../../operations/operation.ts';
import type { Db } from '../db/open.ts';
import { anyOf, wordsOf, type AskedWord } from './question.ts';
import { termsOf } from './words.ts';

/** How many candidates each way brings. */
const CANDIDATES = 60;
/** The usual constant of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009). */
const RRF = 60;

/** What to look for, and how many of the best to give. */
export interface Asked extends Reach {
	readonly owner: string;
	readonly question: string;
	readonly limit: number;
	readonly vector?: { model: string; vector: Float32Array };
}

interface Candidate extends Omit<FoundPassage, 'score'> {
	readonly language: string | null;
	/** From BM25, higher is better. */
	readonly bm25: number;
}

/** The condition that documents (`d`) are the owner's and in reach. */
export function inReach(owner: string, { projectId, documents }: Reach): SQL {
	const ids = documents && JSON.stringify(documents);
	const named = ids === undefined ? sql`` : sql` AND d.id IN (SELECT value FROM json_each(${ids}))`;
	const within = projectId === undefined ? sql`` : sql` AND (d.project_id IS NULL OR d.project_id = ${projectId})`;
	return sql`d.owner = ${owner}${within}${named}`;
}

/** Finds the passages that answer a question, by their words and, given its vector, by meaning. `vectors` says whether the database can compare them. */
export function retrieve(db: Db, asked: Asked, vectors: boolean): Retrieval {
	const reach = inReach(asked.owner, asked);
	const words = wordsOf(asked.question, languagesOf(db, reach));
	const lexical = byWords(db, words, reach);
	const similar = vectors && asked.vector ? byMeaning(db, asked.vector, reach) : null;
	return {
		found: fused(lexical, similar).slice(0, asked.limit),
		candidates: { lexical: lexical.length, vector: similar?.length ?? null },
		coverage: coverageOf(lexical[0], words, weightsOf(db, words))
	};
}

function languagesOf(db: Db, reach: SQL): (string | null)[] {
	const rows = db.all<{ language: string | null }>(sql`SELECT DISTINCT d.language FROM documents d WHERE ${reach}`);
	return rows.map(({ language }) => language);
}

/** Among fewer passages how rare a word is says little. */
const ENOUGH_TO_COUNT = 1_000;

/** How telling each word is: the rarer the more (the IDF of BM25, never below 0). */
function weightsOf(db: Db, words: readonly AskedWord[]): number[] {
	const { all } = db.get<{ all: number }>(sql`SELECT count(*) AS "all" FROM passages`);
	const total = Math.max(all, ENOUGH_TO_COUNT);
	return words.map((word) => {
		const { found } = db.get<{ found: number }>(
			sql`SELECT count(*) AS found FROM passages_fts WHERE passages_fts MATCH ${anyOf([word])}`
		);
		return Math.log(1 + (total - found + 0.5) / (found + 0.5));
	});
}

const columns = sql`p.id, p.document_id AS documentId, d.title, p.ordinal, p.page, p.heading, p.text, d.language`;

function byWords(db: Db, words: readonly AskedWord[], reach: SQL): Candidate[] {
	if (words.length === 0) return [];
	return db.all<Candidate>(sql`
		SELECT ${columns}, -bm25(passages_fts) AS bm25 FROM passages_fts
		JOIN passages p ON p.id = passages_fts.rowid JOIN documents d ON d.id = p.document_id
		WHERE passages_fts MATCH ${anyOf(words)} AND ${reach} ORDER BY bm25 DESC, p.id LIMIT ${CANDIDATES}`);
}

function byMeaning(db: Db, { model, vector }: NonNullable<Asked['vector']>, reach: SQL): Candidate[] {
	const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
	return db.all<Candidate>(sql`
		SELECT ${columns}, 0 AS bm25, vec_distance_cosine(v.vector, ${bytes}) AS distance FROM vectors v
		JOIN passages p ON p.id = v.passage_id JOIN documents d ON d.id = p.document_id
		WHERE v.model = ${model} AND length(v.vector) = ${bytes.length} AND ${reach}
		ORDER BY distance, p.id LIMIT ${CANDIDATES}`);
}

/** The share of the words, each by its weight, that a passage has under its headings. */
function coverageOf(candidate: Candidate | undefined, words: readonly AskedWord[], weights: readonly number[]): number {
	if (!candidate) return 0;
	const { title, heading, text, language } = candidate;
	const terms = new Set(termsOf(`${title}\n${heading ?? ''}\n${text}`, language));
	const sum = (which: readonly number[]) => which.reduce((total, weight) => total + weight, 0);
	const had = weights.filter((_, index) => words[index]?.terms.some((term) => terms.has(term)));
	return sum(had) / (sum(weights) || 1);
}

/** Two lists as one by reciprocal ranks; one alone keeps its own scores, as shares of the best. */
function fused(lexical: readonly Candidate[], similar: readonly Candidate[] | null): FoundPassage[] {
	const best = lexical[0]?.bm25 ?? 1;
	if (!similar) return lexical.map((candidate) => passageOf(candidate, candidate.bm25 / best));
	const scores = new Map<number, { candidate: Candidate; score: number }>();
	const add = (candidate: Candidate, rank: number) => {
		const before = scores.get(candidate.id)?.score ?? 0;
		scores.set(candidate.id, { candidate, score: before + 1 / (RRF + rank + 1) });
	};
	for (const list of [lexical, similar]) for (const [rank, candidate] of list.entries()) add(candidate, rank);
	const all = [...scores.values()].toSorted((a, b) => b.score - a.score);
	return all.map(({ candidate, score }) => passageOf(candidate, score));
}

function passageOf({ id, documentId, title, ordinal, page, heading, text }: Candidate, score: number): FoundPassage {
	return { id, documentId, title, ordinal, page, heading, text, score };
}
