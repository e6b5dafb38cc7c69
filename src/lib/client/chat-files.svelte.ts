import { isTerminal } from '../jobs/job.ts';
import type { Jobs } from './jobs.svelte.ts';
import type { LiveJob } from './live-job.svelte.ts';
import { upload } from './upload.ts';

/** A file beside the message that is being written. */
export interface ChatFile {
	key: string;
	name: string;
	/** In bytes. */
	size: number;
	/** A table goes with the message; a document into the knowledge base. */
	kind: 'table' | 'document';
	state: 'sending' | 'reading' | 'ready' | 'failed';
	/** How much has been sent or read, 0 to 1. */
	fraction: number;
	/** Why it cannot be used, as a sentence. */
	failure: string | null;
	fileId: string | null;
}

interface Entry {
	file: ChatFile;
	/** What reads it. */
	job: LiveJob | null;
}

/** At most this many files may go with a message; the operation's own limit. */
const MOST = 10;
/** A document may have so many bytes (CH-05). */
const DOCUMENT_BYTES = 50_000_000;
const tables = /\.(csv|tsv|jsonl|ndjson|parquet|sqlite3?|db)$/i;
const tableTypes = /^(text\/(csv|tab-separated-values)|application\/(x-ndjson|vnd\.sqlite3|x-sqlite3))$/;

/** The files of a message that is being written: each is sent at once, and a document is read into the knowledge base. */
export class ChatFiles {
	#entries: readonly Entry[] = $state.raw([]);
	#refused: string | null = $state(null);
	#added = 0;
	// eslint-disable-next-line svelte/prefer-svelte-reactivity -- only the list is shown
	readonly #sending = new Map<string, AbortController>();
	readonly #jobs: Jobs;
	readonly #upload: typeof upload;

	constructor(jobs: Jobs, send: typeof upload = upload) {
		this.#jobs = jobs;
		this.#upload = send;
	}

	get list(): readonly ChatFile[] {
		return this.#entries.map(({ file, job }) => (job ? readBy(job, file) : file));
	}

	/** Why the last ones were not taken. */
	get refused(): string | null {
		return this.#refused;
	}

	/** Those that go with the message itself. */
	get tables(): { fileId: string; name: string }[] {
		return this.list.flatMap(({ kind, state, fileId, name }) =>
			kind === 'table' && state === 'ready' && fileId ? [{ fileId, name }] : []
		);
	}

	/** Why the message has to wait; null when it has not. */
	get reason(): string | null {
		const states = this.list.map(({ state }) => state);
		if (states.includes('sending')) return 'Files are still being sent.';
		return states.includes('reading') ? 'Documents are still being read.' : null;
	}

	/** Takes files and sends each; documents are kept for `projectId`. */
	add(files: readonly File[], projectId: string | null): void {
		const room = Math.max(0, MOST - this.#entries.length);
		this.#refused = files.length > room ? `At most ${MOST} files may go with a message.` : null;
		for (const file of files.slice(0, room)) void this.#take(file, projectId);
	}

	/** Takes one away. What was read of a document stays in the knowledge base. */
	remove(key: string): void {
		this.#sending.get(key)?.abort();
		this.#entries.find(({ file }) => file.key === key)?.job?.release();
		this.#entries = this.#entries.filter(({ file }) => file.key !== key);
		this.#refused = null;
	}

	/** Leaves none: the message has been sent, or the page goes. */
	clear(): void {
		for (const { file } of this.#entries) this.remove(file.key);
	}

	async #take(file: File, projectId: string | null): Promise<void> {
		const key = `file-${++this.#added}`;
		const { name, size } = file;
		const kind = tables.test(name) ? 'table' : 'document';
		const taken: ChatFile = { key, name, size, kind, state: 'sending', fraction: 0, failure: null, fileId: null };
		this.#entries = [...this.#entries, { file: taken, job: null }];
		try {
			if (size === 0) throw new Error('The file is empty.');
			if (kind === 'document' && size > DOCUMENT_BYTES) throw new Error('A document may have at most 50 MB.');
			const { fileId, mediaType } = await this.#send(key, file);
			if (kind === 'table' || tableTypes.test(mediaType))
				this.#change(key, { state: 'ready', fraction: 1, fileId, kind: 'table' });
			else await this.#read(key, { fileId, name, ...(projectId ? { projectId } : {}) });
		} catch (error) {
			const failure = error instanceof Error ? error.message : 'It could not be sent. Try again.';
			this.#change(key, { state: 'failed', failure });
		}
	}

	async #send(key: string, file: File) {
		const sending = new AbortController();
		this.#sending.set(key, sending);
		const onProgress = (fraction: number) => this.#change(key, { fraction });
		try {
			return await this.#upload(file, { onProgress, signal: sending.signal });
		} finally {
			this.#sending.delete(key);
		}
	}

	async #read(key: string, input: { fileId: string; name: string; projectId?: string }): Promise<void> {
		this.#change(key, { state: 'reading', fraction: 0, fileId: input.fileId });
		const job = this.#jobs.follow(await this.#jobs.start('ingest', input));
		// It may have been taken away meanwhile.
		if (!this.#entries.some(({ file }) => file.key === key)) return job.release();
		this.#entries = this.#entries.map((entry) => (entry.file.key === key ? { ...entry, job } : entry));
	}

	#change(key: string, facts: Partial<ChatFile>): void {
		this.#entries = this.#entries.map((entry) =>
			entry.file.key === key ? { ...entry, file: { ...entry.file, ...facts } } : entry
		);
	}
}

function readBy({ snapshot }: LiveJob, file: ChatFile): ChatFile {
	const { status, progress, error } = snapshot;
	if (!isTerminal(status)) return { ...file, fraction: progress.fraction ?? 0 };
	if (status === 'succeeded') return { ...file, state: 'ready', fraction: 1 };
	return { ...file, state: 'failed', failure: error?.message ?? 'Reading it was stopped.' };
}
