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

/** Follows the end of a text that grows in the page, once the reader asked for it and until they scroll up (IR-13). */
export class EndFollower {
	#below = $state(false);
	#following = false;
	#end: HTMLElement | null = null;

	/** Whether the end is out of sight, below the window, and not followed. */
	get below(): boolean {
		return this.#below;
	}

	/** For an empty element behind the text, inside the element that grows. */
	readonly attach: Attachment<HTMLElement> = (end) => {
		this.#end = end;
		let last = window.scrollY;
		const scrolled = () => {
			// A page that got shorter moves up too, but then its end is in sight.
			if (window.scrollY < last && isBelow(end)) this.#following = false;
			last = window.scrollY;
			this.#below = !this.#following && isBelow(end);
		};
		const grown = () => this.#keepUp(end);
		// It tells of the first size too, once it is laid out: to ask for it here would lay out the page twice.
		const observer = new ResizeObserver(grown);
		observer.observe(end.parentElement ?? end);
		window.addEventListener('scroll', scrolled, { passive: true });
		window.addEventListener('resize', grown);
		return () => {
			observer.disconnect();
			window.removeEventListener('scroll', scrolled);
			window.removeEventListener('resize', grown);
			this.#end = null;
			this.#following = false;
			this.#below = false;
		};
	};

	/** Goes to the end, at once whatever the distance, and follows it. */
	readonly resume = () => {
		this.#following = true;
		if (this.#end) this.#keepUp(this.#end);
	};

	#keepUp(end: HTMLElement): void {
		if (this.#following) end.scrollIntoView({ block: 'end', behavior: 'instant' });
		this.#below = !this.#following && isBelow(end);
	}
}

function isBelow(end: HTMLElement): boolean {
	return end.getBoundingClientRect().top > window.innerHeight + NEAR;
}

function atEnd({ scrollTop, clientHeight, scrollHeight }: HTMLElement): boolean {
	return scrollTop + clientHeight >= scrollHeight - NEAR;
}
