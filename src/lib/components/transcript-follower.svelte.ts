import type { Attachment } from 'svelte/attachments';

// How near the end counts as being there: two lines, since what is written last moves it.
const NEAR = 48;

/** Keeps the end of the page in sight while a transcript grows, and gives way as soon as the reader scrolls up (IR-13). */
export class TranscriptFollower {
	#following = true;
	#behind = $state(false);

	/** Whether there is something below that the reader does not see. */
	get behind(): boolean {
		return this.#behind;
	}

	/** For the element that grows. */
	readonly attach: Attachment<HTMLElement> = (element) => {
		let last = window.scrollY;
		const scrolled = () => {
			// A page that got shorter moves up too, but then its end is in sight.
			if (window.scrollY < last && distance() > NEAR) this.#following = false;
			else if (distance() <= NEAR) this.#following = true;
			last = window.scrollY;
			this.#look();
		};
		const grown = () => {
			this.#keepUp();
			// Where the page got shorter, that it moved up is told later only, when it may have grown again.
			last = window.scrollY;
		};
		const observer = new ResizeObserver(grown);
		observer.observe(element);
		window.addEventListener('scroll', scrolled, { passive: true });
		window.addEventListener('resize', grown);
		return () => {
			observer.disconnect();
			window.removeEventListener('scroll', scrolled);
			window.removeEventListener('resize', grown);
		};
	};

	/** Goes to the end, and follows it from there. */
	readonly resume = () => {
		this.#following = true;
		this.#keepUp();
	};

	/** Stays where it is, until the reader comes back to the end. */
	rest(): void {
		this.#following = false;
		this.#look();
	}

	#keepUp(): void {
		if (this.#following) window.scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' });
		this.#look();
	}

	#look(): void {
		this.#behind = !this.#following && distance() > NEAR;
	}
}

/** How many pixels of the page are below the window. */
function distance(): number {
	const { scrollHeight, clientHeight } = document.documentElement;
	return scrollHeight - clientHeight - window.scrollY;
}
