import { flushSync } from 'svelte';
import { expect, onTestFinished, test, vi } from 'vitest';
import { TranscriptFollower } from '../../../src/lib/components/transcript-follower.svelte.ts';

/** A window of 500 pixels over a page whose height and place are in the test's hands. */
function page(height: number) {
	const place = { height, top: height - 500 };
	let resized: () => void = () => undefined;
	class Observer {
		constructor(grown: () => void) {
			resized = grown;
		}
		observe() {}
		disconnect() {}
	}
	vi.stubGlobal('ResizeObserver', Observer);
	vi.spyOn(document.documentElement, 'scrollHeight', 'get').mockImplementation(() => place.height);
	vi.spyOn(document.documentElement, 'clientHeight', 'get').mockReturnValue(500);
	vi.spyOn(window, 'scrollY', 'get').mockImplementation(() => place.top);
	const to = ({ top = 0 }: ScrollToOptions) => (place.top = Math.min(top, place.height - 500));
	vi.spyOn(window, 'scrollTo').mockImplementation(to as typeof window.scrollTo);
	onTestFinished(() => {
		vi.unstubAllGlobals();
		vi.restoreAllMocks();
	});
	return {
		place,
		/** The page is laid out anew. */
		becomes(next: number) {
			place.height = next;
			place.top = Math.min(place.top, next - 500);
			resized();
		},
		scrolled: () => window.dispatchEvent(new Event('scroll'))
	};
}

function following() {
	const follower = new TranscriptFollower();
	const detach = follower.attach(document.createElement('div'));
	onTestFinished(() => detach?.());
	follower.resume();
	return follower;
}

test('IR-13 the end stays in sight while the transcript grows, until the reader scrolls up, and again from there on', () => {
	const window = page(1_000);
	const follower = following();
	window.becomes(1_400);
	expect(window.place.top).toBe(900);
	window.place.top = 300;
	window.scrolled();
	window.becomes(1_800);
	flushSync();
	expect([window.place.top, follower.behind]).toEqual([300, true]);
	follower.resume();
	expect([window.place.top, follower.behind]).toEqual([1_300, false]);
});

test('IR-13 a page that gets shorter for a moment, as when a question has been answered, is not a reader who scrolls up', () => {
	const window = page(1_000);
	const follower = following();
	window.becomes(800);
	// The browser tells of the move up only now, when the answer has made the page longer again.
	window.place.height = 1_300;
	window.scrolled();
	window.becomes(1_300);
	expect([window.place.top, follower.behind]).toEqual([800, false]);
});
