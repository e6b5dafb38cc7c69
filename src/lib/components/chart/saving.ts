import type { Picture } from './drawing.ts';

/** The specification with its data in it, as other programs open it. */
export function wholeSpec({ spec, records }: Pick<Picture, 'spec' | 'records'>): string {
	return JSON.stringify({ ...spec, data: { name: 'rows', values: records } }, null, '\t');
}

/** Hands bytes to the browser as a file to save. */
export function saveBlob(name: string, blob: Blob): void {
	const url = URL.createObjectURL(blob);
	const link = document.createElement('a');
	link.href = url;
	link.download = name;
	link.click();
	// Some browsers read the address only after the click has been handled.
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
