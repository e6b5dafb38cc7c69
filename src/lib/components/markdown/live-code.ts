import { getContext, setContext } from 'svelte';

const key = Symbol('code is coloured while it is written');

/** Has the code below this component coloured while it is written: for a program that somebody watches, not for a long text. */
export function colourWhileWritten(): void {
	setContext(key, true);
}

/** Whether a component above asked for that. */
export function isColouredWhileWritten(): boolean {
	return getContext(key) === true;
}
