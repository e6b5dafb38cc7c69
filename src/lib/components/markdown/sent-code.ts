import { flushSync, mount, unmount } from 'svelte';
import CopyButton from '../CopyButton.svelte';
import { elementsOf, highlight } from './highlight.ts';

/** How far outside the window code gets its colours. */
const MARGIN = '50%';

/**
 * Gives the code blocks of a text that the server has sent what its HTML cannot have: colours for those that come into
 * sight, a copy for those that are asked for one. All else stays as it was sent. Returns what ends that.
 */
export function enlivenCode(text: HTMLElement): () => void {
	const observer = colourInSight(text);
	const live: object[] = [];
	const clicked = (event: MouseEvent) => {
		const button = event.target instanceof Element && event.target.closest('.code-block [data-action=copy]');
		if (button && !taken.has(button)) live.push(takeOver(button));
	};
	text.addEventListener('click', clicked);
	return () => {
		observer?.disconnect();
		text.removeEventListener('click', clicked);
		for (const component of live) void unmount(component);
	};
}

/** Buttons that have a life of their own. */
const taken = new WeakSet<Element>();

/** The button that was pressed becomes one that copies, and does so at once. */
function takeOver(sent: Element): object {
	const head = sent.parentElement as HTMLElement;
	const props = { text: codeOf(sent.closest('.code-block')), label: 'Copy' };
	const component = mount(CopyButton, { target: head, anchor: sent, props });
	flushSync();
	const button = sent.previousElementSibling as HTMLElement;
	taken.add(button);
	sent.remove();
	button.focus({ preventScroll: true });
	button.click();
	return component;
}

const codeOf = (block: Element | null) => block?.querySelector('code')?.textContent ?? '';

function colourInSight(text: HTMLElement): IntersectionObserver | null {
	const blocks = text.querySelectorAll('.code-block');
	if (blocks.length === 0 || typeof IntersectionObserver === 'undefined') return null;
	const observer = new IntersectionObserver(
		(entries) => {
			for (const { target, isIntersecting } of entries) {
				if (!isIntersecting) continue;
				observer.unobserve(target);
				void colour(target);
			}
		},
		{ rootMargin: MARGIN }
	);
	for (const block of blocks) observer.observe(block);
	return observer;
}

/** Without its grammars the code is as readable as it was. */
async function colour(block: Element): Promise<void> {
	const language = block.querySelector('[data-language]')?.textContent ?? 'text';
	if (language === 'text') return;
	const pieces = await highlight(codeOf(block), language).catch(() => null);
	if (pieces) block.querySelector('code')?.replaceChildren(...elementsOf(pieces));
}
