/** One job's events of the log, in their order, with what went by live put between them by its time. Both come oldest first. */
export function inOrder<Logged extends { at: number }, Live extends { at: number }>(
	events: readonly Logged[],
	transients: readonly Live[]
): (Logged | Live)[] {
	const ordered: (Logged | Live)[] = [];
	let next = 0;
	for (const event of events) {
		for (let live = transients[next]; live && live.at <= event.at; live = transients[++next]) ordered.push(live);
		ordered.push(event);
	}
	return [...ordered, ...transients.slice(next)];
}
