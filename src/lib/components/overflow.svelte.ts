import type { Attachment } from 'svelte/attachments';

/** Zooming leaves fractions of a pixel. */
const NEAR = 1;

/** Of something that scrolls: on which sides there is more than is seen. */
export class Overflow {
	#left = $state(false);
	#right = $state(false);
	#above = $state(false);
	#below = $state(false);

	get left(): boolean {
		return this.#left;
	}

	get right(): boolean {
		return this.#right;
	}

	get above(): boolean {
		return this.#above;
	}

	get below(): boolean {
		return this.#below;
	}

	/** Whether it can be scrolled from side to side. */
	get sideways(): boolean {
		return this.#left || this.#right;
	}

	/** Whether it can be scrolled at all. */
	get any(): boolean {
		return this.sideways || this.#above || this.#below;
	}

	/** For the element that scrolls. */
	readonly attach: Attachment<HTMLElement> = (element) => {
		const look = () => this.#look(element);
		const observer = new ResizeObserver(look);
		observer.observe(element);
		for (const content of element.children) observer.observe(content);
		element.addEventListener('scroll', look, { passive: true });
		look();
		return () => {
			observer.disconnect();
			element.removeEventListener('scroll', look);
		};
	};

	#look({ scrollLeft, scrollTop, clientWidth, clientHeight, scrollWidth, scrollHeight }: HTMLElement): void {
		this.#left = scrollLeft > NEAR;
		this.#right = scrollLeft + clientWidth < scrollWidth - NEAR;
		this.#above = scrollTop > NEAR;
		this.#below = scrollTop + clientHeight < scrollHeight - NEAR;
	}
}
