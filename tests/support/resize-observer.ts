/** jsdom lays nothing out and so has no ResizeObserver; nothing in it ever changes its size. */
class StillResizeObserver implements ResizeObserver {
	observe(): void {}
	unobserve(): void {}
	disconnect(): void {}
}

/** Gives jsdom the observer that components expect of a browser. */
export function installResizeObserver(): void {
	globalThis.ResizeObserver ??= StillResizeObserver;
}
