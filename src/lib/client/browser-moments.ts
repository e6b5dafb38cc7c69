/** Moments when a connection may be dead, or may be had again, without anyone having told it. */
export interface BrowserMoments {
	/** The network is back. */
	back(): void;
	/** The page is looked at again, perhaps after a sleep. */
	seen(): void;
	/** The network is gone. */
	lost(): void;
}

/** Listens for them. Returns what ends that. */
export function watchBrowser({ back, seen, lost }: BrowserMoments): () => void {
	const visible = () => {
		if (document.visibilityState === 'visible') seen();
	};
	addEventListener('online', back);
	addEventListener('offline', lost);
	addEventListener('pageshow', seen);
	document.addEventListener('visibilitychange', visible);
	return () => {
		removeEventListener('online', back);
		removeEventListener('offline', lost);
		removeEventListener('pageshow', seen);
		document.removeEventListener('visibilitychange', visible);
	};
}
