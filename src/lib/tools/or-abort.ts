/** What `work` gives, or the signal's reason: a tool that does not listen must not hold up the others. */
export async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
	const aborted = Promise.withResolvers<never>();
	const abort = () => aborted.reject(signal.reason);
	if (signal.aborted) abort();
	signal.addEventListener('abort', abort, { once: true });
	// Whichever loses the race may still fail.
	work.catch(() => undefined);
	try {
		return await Promise.race([aborted.promise, work]);
	} finally {
		signal.removeEventListener('abort', abort);
	}
}
