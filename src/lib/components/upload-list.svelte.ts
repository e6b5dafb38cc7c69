import type { Upload } from './form.ts';

/** One file that a form's input is to refer to. */
export interface UploadEntry {
	key: string;
	name: string;
	/** In bytes; null for one of an earlier job. */
	size: number | null;
	/** Where its bytes can be seen, e.g. as a thumbnail. */
	url: string | null;
	state: 'sending' | 'ready' | 'failed';
	/** How much has been sent, 0 to 1. */
	fraction: number;
	/** Why it could not be sent, as a sentence. */
	failure: string | null;
	fileId: string | null;
}

/** What a list takes. */
export interface UploadTerms {
	/** Media types, as the browser tells them by the name; the server looks at the content. */
	kinds: readonly string[];
	most: number;
	/** Why another kind is not taken, as a sentence. */
	wrongKind: string;
	/** Why more are not taken. */
	tooMany: string;
}

/** The files in a form: each is sent as soon as it is chosen, and counts once the server has it. */
export class UploadList {
	readonly #terms: UploadTerms;
	#list: UploadEntry[] = $state.raw([]);
	#refused: string | null = $state(null);
	// eslint-disable-next-line svelte/prefer-svelte-reactivity -- only the list is shown
	readonly #sending = new Map<string, AbortController>();
	#added = 0;

	/** Begins with files that the server has already. */
	constructor(terms: UploadTerms, fileIds: readonly string[] = []) {
		this.#terms = terms;
		this.#list = fileIds.map((fileId, index) => ({
			...{ key: fileId, name: `File ${index + 1} of the job before`, size: null, url: `/api/files/${fileId}` },
			...{ state: 'ready', fraction: 1, failure: null, fileId }
		}));
	}

	get list(): readonly UploadEntry[] {
		return this.#list;
	}

	/** Why the last files were not taken at all. */
	get refused(): string | null {
		return this.#refused;
	}

	/** The ids for the job's input, in the order of the list. */
	get fileIds(): string[] {
		return this.#list.flatMap(({ fileId }) => fileId ?? []);
	}

	/** Why the job cannot be started yet; null when it can. */
	get reason(): string | null {
		if (this.#list.some(({ state }) => state === 'sending')) return 'Files are still being sent.';
		return this.#list.some(({ state }) => state === 'failed') ? 'Remove the file that could not be sent.' : null;
	}

	/** Takes files and sends each. */
	add(files: readonly File[], upload: Upload): void {
		const { kinds, most, wrongKind, tooMany } = this.#terms;
		const fitting = files.filter(({ type }) => kinds.includes(type));
		const room = Math.max(0, most - this.#list.length);
		this.#refused = fitting.length < files.length ? wrongKind : fitting.length > room ? tooMany : null;
		for (const file of fitting.slice(0, room)) void this.#send(file, upload);
	}

	remove(key: string): void {
		this.#sending.get(key)?.abort();
		this.#release(this.#list.find((entry) => entry.key === key));
		this.#list = this.#list.filter((entry) => entry.key !== key);
		this.#refused = null;
	}

	/** Ends what is being sent and gives the memory of what was shown back. */
	close(): void {
		for (const sending of this.#sending.values()) sending.abort();
		for (const entry of this.#list) this.#release(entry);
	}

	async #send(file: File, upload: Upload): Promise<void> {
		const key = `added-${++this.#added}`;
		const sending = new AbortController();
		this.#sending.set(key, sending);
		const { name, size } = file;
		const facts = { key, name, size, url: URL.createObjectURL(file) };
		this.#list = [...this.#list, { ...facts, state: 'sending', fraction: 0, failure: null, fileId: null }];
		const onProgress = (fraction: number) => this.#change(key, { fraction });
		try {
			const { fileId, mediaType } = await upload(file, { onProgress, signal: sending.signal });
			if (!this.#terms.kinds.includes(mediaType)) throw new Error(this.#terms.wrongKind);
			this.#change(key, { state: 'ready', fraction: 1, fileId });
		} catch (error) {
			const failure = error instanceof Error ? error.message : 'It could not be sent. Try again.';
			this.#change(key, { state: 'failed', failure });
		} finally {
			this.#sending.delete(key);
		}
	}

	#change(key: string, facts: Partial<UploadEntry>): void {
		this.#list = this.#list.map((entry) => (entry.key === key ? { ...entry, ...facts } : entry));
	}

	#release(entry: UploadEntry | undefined): void {
		if (entry?.url?.startsWith('blob:')) URL.revokeObjectURL(entry.url);
	}
}
