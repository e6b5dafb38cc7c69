/** Microseconds of the machine's monotonic clock, which all its processes share. */
export function microseconds(): number {
	return Number(process.hrtime.bigint() / 1_000n);
}

/** What is published: a number, when, and as much text as a model writes between two events. */
export interface Note {
	n: number;
	sentAt: number;
	text: string;
}

const text = 'The mean sea level has risen by about twenty centimetres since 1900. ';

/** The nth note, stamped with this moment. */
export function note(n: number): Note {
	return { n, sentAt: microseconds(), text };
}

/** Publishes `count` notes, one each `everyMs`; a late one does not delay those that follow. `size` at a time. */
export async function publish(
	options: { from: number; count: number; everyMs: number; size?: number },
	emit: (note: Note) => void
) {
	const { from, count, everyMs, size = 1 } = options;
	const began = performance.now();
	for (let sent = 0, turn = 1; sent < count; turn++) {
		for (let i = 0; i < size && sent < count; i++) emit(note(from + sent++));
		const wait = began + turn * everyMs - performance.now();
		// A late publisher lets the server do its other work all the same.
		await new Promise<void>((resolve) => (wait > 0 ? setTimeout(resolve, wait) : setImmediate(resolve)));
	}
}
