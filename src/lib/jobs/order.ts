import type { JobEvent } from './event.ts';

/** One job's events of the log, in their order, with what went by live put between them by its time. Both come oldest first. */
export function inOrder(events: readonly JobEvent[], transients: readonly JobEvent[]): JobEvent[] {
	const ordered: JobEvent[] = [];
	let next = 0;
	for (const event of events) {
		for (let live = transients[next]; live && live.at <= event.at; live = transients[++next]) ordered.push(live);
		ordered.push(event);
	}
	return [...ordered, ...transients.slice(next)];
}
