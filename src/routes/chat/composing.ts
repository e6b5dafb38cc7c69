/** Whether a key belongs to an input method that is still choosing characters; Safari ends the composition before the key. */
export function isComposing({ isComposing: composing, keyCode }: KeyboardEvent): boolean {
	return composing || keyCode === 229;
}
