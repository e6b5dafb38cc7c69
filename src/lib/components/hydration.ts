/** Whether the page has taken over the HTML that it was sent: what is rendered after that is new. */
export function hydrated(): boolean {
	return typeof document !== 'undefined' && 'hydrated' in document.documentElement.dataset;
}

/** Call it once everything that was sent has been taken over. */
export function markHydrated(): void {
	document.documentElement.dataset.hydrated = '';
}
