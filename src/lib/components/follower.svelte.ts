import type { Attachment } from 'svelte/attachments';

// How near the end counts as being there: a line of text, since zooming leaves fractions of a pixel.
const NEAR = 24;

/** Keeps the newest of a scrolling list in sight until the reader scrolls up (IR-13). */
export class Follower {
	#following = $state(true);
	#overflowing = $state(false);
	#element: HTMLElement | null = null;

	/** Whether there is more than fits. */
	get overflowing(): boolean {
		return this.#overflowing;
	}

	/** Whether the newest has gone out of sight because the reader scrolled away. */
	get behind(): boolean {
		return this.#overflowing && !this.#following;
	}

	/** For the element that scrolls. */
	readonly attach: Attachment<HTMLElement> = (element) => {
		this.#element = element;
		const scrolled = () => (this.#following = atEnd(element));
		const grown = () => this.#keepUp(element);
		const observer = new MutationObserver(grown);
		observer.observe(element, { childList: true, subtree: true, characterData: true });
		const sized = new ResizeObserver(grown);
		sized.observe(element);
		element.addEventListener('scroll', scrolled, { passive: true });
		grown();
		return () => {
			observer.disconnect();
			sized.disconnect();
			element.removeEventListener('scroll', scrolled);
			this.#element = null;
		};
	};

	/** Goes to the newest and follows it again. */
	readonly resume = () => {
		this.#following = true;
		if (this.#element) this.#keepUp(this.#element);
	};

	#keepUp(element: HTMLElement): void {
		this.#overflowing = element.scrollHeight > element.clientHeight + NEAR;
		if (this.#following) element.scrollTop = element.scrollHeight;
	}
}

function atEnd({ scrollTop, clientHeight, scrollHeight }: HTMLElement): boolean {
	return scrollTop + clientHeight >= scrollHeight - NEAR;
}
