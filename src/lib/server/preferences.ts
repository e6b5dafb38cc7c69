import { eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Db } from './db/open.ts';
import { preferences } from './db/schema.ts';

const all = z.strictObject({
	/** Whether forms start with live results on (IM-09). */
	streaming: z.boolean(),
	/** Whether conversations keep and use memories (AG-02). */
	memory: z.boolean()
});

/** What a person prefers, wherever they are. */
export type PreferenceValues = z.infer<typeof all>;

/** What a door takes: one or more of them. */
export const preferencePatch = all.partial();

const defaults: PreferenceValues = { streaming: true, memory: true };

/** What each owner prefers, kept in the database: it holds over a reload, in every tab and on every device. */
export class Preferences {
	readonly #db: Db;

	constructor(db: Db) {
		this.#db = db;
	}

	/** All of them; what was never chosen has its default. */
	async of(owner: string): Promise<PreferenceValues> {
		const { name, value } = preferences;
		const rows = this.#db.select({ name, value }).from(preferences).where(eq(preferences.owner, owner)).all();
		// One that an older or newer version wrote otherwise must not take the others with it.
		const known = rows.filter((row) => preferencePatch.safeParse({ [row.name]: row.value }).success);
		return { ...defaults, ...Object.fromEntries(known.map((row) => [row.name, row.value])) };
	}

	/** Changes those that are named; resolves with all of them. */
	async set(owner: string, patch: Partial<PreferenceValues>): Promise<PreferenceValues> {
		this.#db.transaction((tx) => {
			for (const [name, value] of Object.entries(patch))
				tx.insert(preferences)
					.values({ owner, name, value })
					.onConflictDoUpdate({ target: [preferences.owner, preferences.name], set: { value } })
					.run();
		});
		return this.of(owner);
	}
}
