import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cancelledEvent } from './course.ts';
import { dueCount, hasEnded } from './stored-response.ts';
import type { StoredResponse } from './stored-response.ts';

// OpenAI keeps stored responses for at least this long.
const RETENTION_MS = 30 * 24 * 3_600_000;
// Ended responses kept in memory besides the running ones; the others are read again when they are asked for.
const CACHED = 50;

/** Keeps the responses: one JSON file each, so that they outlive the process. */
export class Responses {
	readonly #folder: string;
	readonly #now: () => number;
	readonly #cache = new Map<string, StoredResponse>();
	readonly #known = new Set<string>();

	/** Makes the folder if it is missing, and drops responses past their retention. */
	constructor(folder: string, now: () => number) {
		this.#folder = folder;
		this.#now = now;
		mkdirSync(folder, { recursive: true });
		this.#admit();
	}

	/** Keeps a response; one that asked not to be stored is kept in memory only while it runs. */
	add(response: StoredResponse): void {
		this.#known.add(response.id);
		this.#cache.set(response.id, response);
		if (response.request.store) this.#write(response);
		this.#trim();
	}

	get(id: string): StoredResponse | undefined {
		if (!this.#known.has(id)) return undefined;
		const response = this.#cache.get(id) ?? this.#read(id);
		if (response) this.#cache.set(id, response);
		return response;
	}

	/** Ends a running response now, with what it has produced. An ended one stays as it is. */
	cancel(id: string, usageNull = false): void {
		const response = this.get(id);
		if (!response || hasEnded(response, this.#now())) return;
		const due = response.events.slice(0, dueCount(response, this.#now()));
		response.usageNull ||= usageNull;
		// Same place in time as the last event: the terminal event is due at once, whatever the clock does next.
		response.events = [...due, { at: due.at(-1)?.at ?? 0, event: cancelledEvent(response, due, response.prompt) }];
		if (response.request.store) this.#write(response);
	}

	remove(id: string): void {
		this.#known.delete(id);
		this.#cache.delete(id);
		rmSync(this.#path(id), { force: true });
	}

	/** The newest responses, newest first. */
	newest(limit: number): StoredResponse[] {
		const ids = [...this.#known].reverse().slice(0, limit);
		return ids.flatMap((id) => this.get(id) ?? []);
	}

	/** Learns which responses are kept, oldest first, and drops what is past its time or was never finished writing. */
	#admit(): void {
		const files = readdirSync(this.#folder).map((file) => ({
			file,
			written: statSync(join(this.#folder, file)).mtimeMs
		}));
		for (const { file, written } of files.sort((a, b) => a.written - b.written)) {
			const stale = file.endsWith('.tmp') || Date.now() - written > RETENTION_MS;
			if (stale) rmSync(join(this.#folder, file), { force: true });
			else if (file.endsWith('.json')) this.#known.add(file.slice(0, -'.json'.length));
		}
	}

	#read(id: string): StoredResponse | undefined {
		try {
			return JSON.parse(readFileSync(this.#path(id), 'utf8')) as StoredResponse;
		} catch {
			// Deleted or damaged by someone else: as unknown as one that never was.
			this.#known.delete(id);
			return undefined;
		}
	}

	#write(response: StoredResponse): void {
		const path = this.#path(response.id);
		writeFileSync(`${path}.tmp`, JSON.stringify(response));
		renameSync(`${path}.tmp`, path);
	}

	#trim(): void {
		const ended = [...this.#cache.values()].filter((response) => hasEnded(response, this.#now()));
		for (const { id, request } of ended.slice(0, Math.max(0, ended.length - CACHED))) {
			this.#cache.delete(id);
			if (!request.store) this.#known.delete(id);
		}
	}

	#path(id: string): string {
		return join(this.#folder, `${id}.json`);
	}
}
