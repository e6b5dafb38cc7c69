import type { Attachment } from 'svelte/attachments';
import { on } from 'svelte/events';

/** Lets files be dropped on an element; `take` never gets an empty list. While some are held over it, it has `data-over`. */
export function fileDrop(take: (files: File[]) => void): Attachment<HTMLElement> {
	return (element) => {
		const hold = (over: boolean) => element.toggleAttribute('data-over', over);
		const ends = [
			on(element, 'dragover', (event) => {
				// Without this a browser opens the file in place of the page.
				event.preventDefault();
				hold(true);
			}),
			on(element, 'dragleave', () => hold(false)),
			on(element, 'drop', (event) => {
				event.preventDefault();
				hold(false);
				const files = [...(event.dataTransfer?.files ?? [])];
				if (files.length > 0) take(files);
			})
		];
		return () => ends.forEach((end) => end());
	};
}
