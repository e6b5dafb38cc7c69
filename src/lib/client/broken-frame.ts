/** Says in the browser's console that a frame of the live stream was passed over, and why (AG-07). */
export function warnOfBrokenFrame(why: string): void {
	// eslint-disable-next-line no-console -- a person cannot do anything about it; who looks for a fault in the network can
	console.warn(`A frame of the live stream was passed over: ${why}.`);
}
