import { randomBytes } from 'node:crypto';
import { and, count, eq, isNotNull, sql } from 'drizzle-orm';
import { HeadwayError } from '../../jobs/error.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { conversations, documents, projects } from '../db/schema.ts';

/** The most characters that a project's name may have. */
export const NAME_LIMIT = 100;

/** A named group of conversations, documents and memories, and how many it has. */
export interface Project {
	id: string;
	name: string;
	conversations: number;
	documents: number;
}

/** The projects of each owner. */
export class Projects {
	readonly #db: Db;
	readonly #clock: Clock;

	constructor(db: Db, clock: Clock) {
		this.#db = db;
		this.#clock = clock;
	}

	/** By name. */
	async list(owner: string): Promise<Project[]> {
		const { id, name } = projects;
		const rows = this.#db
			.select({ id, name })
			.from(projects)
			.where(eq(projects.owner, owner))
			.orderBy(sql`${name} collate nocase`, id)
			.all();
		const inside = { conversations: this.#count(owner, conversations), documents: this.#count(owner, documents) };
		return rows.map((row) => ({
			...row,
			conversations: inside.conversations.get(row.id) ?? 0,
			documents: inside.documents.get(row.id) ?? 0
		}));
	}

	#count(owner: string, table: typeof conversations | typeof documents): Map<string | null, number> {
		const rows = this.#db
			.select({ projectId: table.projectId, count: count() })
			.from(table)
			.where(and(eq(table.owner, owner), isNotNull(table.projectId)))
			.groupBy(table.projectId)
			.all();
		return new Map(rows.map((row) => [row.projectId, row.count]));
	}

	/** Throws `not_found` also for another owner's. */
	async get(owner: string, id: string): Promise<{ id: string; name: string }> {
		const row = this.#db
			.select({ id: projects.id, name: projects.name })
			.from(projects)
			.where(and(eq(projects.id, id), eq(projects.owner, owner)))
			.get();
		if (!row) throw new HeadwayError('not_found', 'There is no such project. It may have been deleted.');
		return row;
	}

	/** Throws `conflict` for a name that another of the owner's has. */
	async create(owner: string, name: string): Promise<Project> {
		this.#checkName(owner, name);
		const now = this.#clock.now();
		const id = `prj_${randomBytes(10).toString('hex')}`;
		this.#db.insert(projects).values({ id, owner, name, createdAt: now, updatedAt: now }).run();
		return { id, name, conversations: 0, documents: 0 };
	}

	/** Throws `not_found`, and `conflict` for a name that another of the owner's has. */
	async rename(owner: string, { id, name }: { id: string; name: string }): Promise<{ id: string; name: string }> {
		await this.get(owner, id);
		this.#checkName(owner, name, id);
		this.#db.update(projects).set({ name, updatedAt: this.#clock.now() }).where(eq(projects.id, id)).run();
		return { id, name };
	}

	#checkName(owner: string, name: string, own?: string): void {
		const { id, name: known } = projects;
		const all = this.#db.select({ id, name: known }).from(projects).where(eq(projects.owner, owner)).all();
		if (all.some((other) => other.id !== own && caseless(other.name) === caseless(name)))
			throw new HeadwayError('conflict', `You have a project "${name}" already. Choose another name.`);
	}

	/** Its conversations and documents stay, without a project; what is remembered for it goes. Throws `not_found`. */
	async remove(owner: string, id: string): Promise<void> {
		await this.get(owner, id);
		this.#db.delete(projects).where(eq(projects.id, id)).run();
	}
}

/** The same for upper and lower case, also beyond English, which is all that SQLite compares so. */
function caseless(name: string): string {
	return name.normalize('NFC').toUpperCase().toLowerCase();
}
