import type { upload } from './upload.ts';

/** So many files are sent at a time: more would only share the line. */
const AT_A_TIME = 2;

/** A file on its way to the job that adds it. */
export interface DocumentUpload {
	key: string;
	name: string;
	/** In bytes. */
	size: number;
	state: 'waiting' | 'sending' | 'started' | 'failed';
	/** How much has been sent, 0 to 1. */
	fraction: number;
	/** Why it could not be added, as a sentence. */
	failure: string | null;
	/** The job that adds it. */
	jobId: string | null;
}

/** How files get there. */
export interface DocumentUploadsParts {
	upload: typeof upload;
	/** The largest that is taken, in bytes. */
	largest: number;
	/** Starts the job that adds a file that the server has. */
	ingest: (input: { fileId: string; name: string; projectId?: string }) => Promise<{ id: string }>;
}

/** Files that a person adds to the knowledge base: each is sent, then a job reads it. One that fails does not hold up the others. */
export class DocumentUploads {
	readonly #parts: DocumentUploadsParts;
	#list: DocumentUpload[] = $state.raw([]);
	// eslint-disable-next-line svelte/prefer-svelte-reactivity -- only the list is shown
	readonly #sending = new Map<string, AbortController>();
	#waiting: { key: string; file: File; projectId: string | null }[] = [];
	#added = 0;

	constructor(parts: DocumentUploadsParts) {
		this.#parts = parts;
	}

	/** In the order in which they were added. */
	get list(): readonly DocumentUpload[] {
		return this.#list;
	}

	/** Takes files for a project, or for none, and sends them. */
	add(files: readonly File[], projectId: string | null): void {
		for (const file of files) {
			const key = `document-${++this.#added}`;
			const failure = refusalOf(file, this.#parts.largest);
			const facts = { key, name: file.name, size: file.size, fraction: 0, failure, jobId: null };
			this.#list = [...this.#list, { ...facts, state: failure ? 'failed' : 'waiting' }];
			if (!failure) this.#waiting.push({ key, file, projectId });
		}
		this.#next();
	}

	/** Takes one off the list; one that is being sent is not sent further. */
	dismiss(key: string): void {
		this.#sending.get(key)?.abort();
		this.#waiting = this.#waiting.filter((next) => next.key !== key);
		this.#list = this.#list.filter((entry) => entry.key !== key);
	}

	/** Ends what is being sent. */
	close(): void {
		this.#waiting = [];
		for (const sending of this.#sending.values()) sending.abort();
	}

	#next(): void {
		while (this.#sending.size < AT_A_TIME) {
			const next = this.#waiting.shift();
			if (!next) return;
			void this.#send(next.key, next.file, next.projectId);
		}
	}

	async #send(key: string, file: File, projectId: string | null): Promise<void> {
		const sending = new AbortController();
		this.#sending.set(key, sending);
		this.#change(key, { state: 'sending' });
		try {
			const onProgress = (fraction: number) => this.#change(key, { fraction });
			const { fileId, name } = await this.#parts.upload(file, { onProgress, signal: sending.signal });
			sending.signal.throwIfAborted();
			const { id } = await this.#parts.ingest({ fileId, name, ...(projectId && { projectId }) });
			this.#change(key, { state: 'started', fraction: 1, jobId: id });
		} catch (error) {
			const failure = error instanceof Error ? error.message : 'It could not be added. Try again.';
			this.#change(key, { state: 'failed', failure });
		} finally {
			this.#sending.delete(key);
			this.#next();
		}
	}

	#change(key: string, facts: Partial<DocumentUpload>): void {
		this.#list = this.#list.map((entry) => (entry.key === key ? { ...entry, ...facts } : entry));
	}
}

/** Why a file need not be sent at all; null when it may be. */
function refusalOf({ size }: File, largest: number): string | null {
	if (size === 0) return 'The file is empty.';
	const megabytes = Math.floor(largest / 1024 ** 2);
	return size > largest ? `The file is larger than ${megabytes} MB. Split it, and add the parts.` : null;
}
