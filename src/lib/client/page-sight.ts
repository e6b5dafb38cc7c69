/** Whether somebody may be looking at this page; true where there is no page. */
export function inSight(): boolean {
	return typeof document === 'undefined' || document.visibilityState === 'visible';
}

/** Calls `seen` each time the page comes into sight. Returns what ends that. */
export function whenInSight(seen: () => void): () => void {
	const changed = () => {
		if (inSight()) seen();
	};
	document.addEventListener('visibilitychange', changed);
	return () => document.removeEventListener('visibilitychange', changed);
}
