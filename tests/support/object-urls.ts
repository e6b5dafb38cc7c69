import { onTestFinished, vi } from 'vitest';

/** Addresses of files in memory, which jsdom has not: what was made, and what is still held. */
export interface ObjectUrls {
	readonly made: Blob[];
	/** Addresses that were made and not revoked, oldest first. */
	readonly held: string[];
}

/** Gives the page `URL.createObjectURL` and `revokeObjectURL` for one test. */
export function installObjectUrls(): ObjectUrls {
	const made: Blob[] = [];
	const held: string[] = [];
	const create = (blob: Blob) => {
		made.push(blob);
		const url = `blob:headway/${made.length}`;
		held.push(url);
		return url;
	};
	const revoke = (url: string) => {
		const index = held.indexOf(url);
		if (index < 0) throw new Error(`${url} is not held`);
		held.splice(index, 1);
	};
	vi.stubGlobal('URL', Object.assign(class extends URL {}, { createObjectURL: create, revokeObjectURL: revoke }));
	onTestFinished(() => void vi.unstubAllGlobals());
	return { made, held };
}
