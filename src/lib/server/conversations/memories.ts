import { randomBytes } from 'node:crypto';
import { and, desc, eq, isNull, or, sql } from 'drizzle-orm';
import { HeadwayError } from '../../jobs/error.ts';
import { shortened } from '../../text/shortened.ts';
import type { Memory } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import type { Db, Rows } from '../db/open.ts';
import { memories, type MemoryRow } from '../db/schema.ts';
import { folded } from './search-words.ts';
import { checkProject } from './turns.ts';

/** The most characters of one memory. */
export const MEMORY_LIMIT = 500;
/** How many an owner may have; a turn that would keep more keeps none. */
const MOST = 1_000;
/** How many a turn reads: the newest. */
const READ = 200;

const IMMEDIATE = { behavior: 'immediate' } as const;

/** Where memories are kept from, and for what. */
interface Origin {
	projectId: string | null;
	jobId: string | null;
}

/** What is kept of what people said: for a person, or for one of their projects. */
export class Memories {
	readonly #db: Db;
	readonly #clock: Clock;

	constructor(db: Db, clock: Clock) {
		this.#db = db;
		this.#clock = clock;
	}

	/** All of an owner's, newest first. */
	async list(owner: string): Promise<Memory[]> {
		return this.#db
			.select()
			.from(memories)
			.where(eq(memories.owner, owner))
			.orderBy(...newest)
			.all()
			.map(asMemory);
	}

	/** Those that a turn in this project may use: the person's and the project's, newest first, at most 200. */
	async inReach(owner: string, projectId: string | null): Promise<Memory[]> {
		return inReach(this.#db, owner, projectId).slice(0, READ);
	}

	/** Keeps what a person wrote; one that is there already is given as it is. Throws `not_found` for the project and `limit_reached`. */
	async add(owner: string, { text, projectId }: { text: string; projectId: string | null }): Promise<Memory> {
		return this.#db.transaction((tx) => {
			checkProject(tx, owner, projectId);
			const same = inReach(tx, owner, projectId).find((known) => isSame(known.text, text));
			if (same) return same;
			if (this.#room(tx, owner) < 1)
				throw new HeadwayError('limit_reached', `You have ${MOST} memories. Delete some, then add this one again.`);
			return this.#insert(tx, owner, tidied(text), { projectId, jobId: null });
		}, IMMEDIATE);
	}

	/** Keeps those that are new, and gives what the turn `jobId` keeps of these: after a restart the same again. */
	async keep(owner: string, texts: readonly string[], origin: Origin): Promise<Memory[]> {
		return this.#db.transaction((tx) => {
			const kept = new Map<string, Memory>();
			for (const text of texts.map(tidied).filter(Boolean)) {
				const same = inReach(tx, owner, origin.projectId).find((known) => isSame(known.text, text));
				if (same && same.jobId !== origin.jobId) continue;
				if (!same && this.#room(tx, owner) < 1) continue;
				const memory = same ?? this.#insert(tx, owner, text, origin);
				kept.set(memory.id, memory);
			}
			return [...kept.values()];
		}, IMMEDIATE);
	}

	#room(tx: Rows, owner: string): number {
		const row = tx
			.select({ count: sql<number>`count(*)` })
			.from(memories)
			.where(eq(memories.owner, owner))
			.get();
		return MOST - (row?.count ?? 0);
	}

	#insert(tx: Rows, owner: string, text: string, origin: Origin): Memory {
		const now = this.#clock.now();
		const id = `mem_${randomBytes(10).toString('hex')}`;
		const row: MemoryRow = { id, owner, text, ...origin, createdAt: now, updatedAt: now };
		tx.insert(memories).values(row).run();
		return asMemory(row);
	}

	/** Changes its words. Throws `not_found` also for another owner's. */
	async edit(owner: string, { id, text }: { id: string; text: string }): Promise<Memory> {
		const row = this.#db
			.update(memories)
			.set({ text: tidied(text), updatedAt: this.#clock.now() })
			.where(owned(owner, id))
			.returning()
			.get();
		if (!row) throw notThere();
		return asMemory(row);
	}

	/** Throws `not_found` also for another owner's. */
	async remove(owner: string, id: string): Promise<void> {
		if (this.#db.delete(memories).where(owned(owner, id)).run().changes === 0) throw notThere();
	}
}

const newest = [desc(memories.createdAt), desc(sql`rowid`)];

function owned(owner: string, id: string) {
	return and(eq(memories.id, id), eq(memories.owner, owner));
}

function notThere(): HeadwayError {
	return new HeadwayError('not_found', 'There is no such memory. It may have been deleted.');
}

function inReach(rows: Rows, owner: string, projectId: string | null): Memory[] {
	const everywhere = isNull(memories.projectId);
	const reach = projectId === null ? everywhere : or(everywhere, eq(memories.projectId, projectId));
	return rows
		.select()
		.from(memories)
		.where(and(eq(memories.owner, owner), reach))
		.orderBy(...newest)
		.all()
		.map(asMemory);
}

function asMemory({ id, text, projectId, jobId, createdAt, updatedAt }: MemoryRow): Memory {
	return { id, text, projectId, jobId, createdAt, updatedAt };
}

/** On one line, at most 500 characters. */
function tidied(text: string): string {
	return shortened(text.replace(/\s+/g, ' ').trim(), MEMORY_LIMIT);
}

/** The same words, however they are written. */
function isSame(a: string, b: string): boolean {
	const words = (text: string) =>
		folded(text)
			.replace(/[^\p{L}\p{N}]+/gu, ' ')
			.trim();
	return words(a) === words(b);
}
