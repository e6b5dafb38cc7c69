import type { ToolCall } from './call.ts';

/** What keeps calls from being put in order, as a sentence each, by the id of the call. */
export function disorder(calls: readonly ToolCall[]): { id: string; problem: string }[] {
	const ids = new Set(calls.map(({ id }) => id));
	const strangers = calls.flatMap(({ id, after }) =>
		after
			.filter((one) => !ids.has(one))
			.map((one) => ({ id, problem: `The call “${id}” waits for “${one}”, which is none of the calls.` }))
	);
	const circling = stuck(calls.map(({ id, after }) => ({ id, after: after.filter((one) => ids.has(one)) })));
	const names = circling.map((id) => `“${id}”`).join(', ');
	const problem = `The calls ${names} wait for each other, so that none of them could begin.`;
	return [...strangers, ...circling.map((id) => ({ id, problem }))];
}

/** The calls that are left when those are taken away, again and again, that wait for none that is left. */
function stuck(calls: readonly Pick<ToolCall, 'id' | 'after'>[]): string[] {
	const left = new Map(calls.map(({ id, after }) => [id, after]));
	for (let before = Infinity; left.size < before;) {
		before = left.size;
		for (const [id, after] of left) if (!after.some((one) => left.has(one))) left.delete(id);
	}
	return onlyCircling(left);
}

/** Without those that only wait for a circle and are in none: no other one that is left waits for them. */
function onlyCircling(left: Map<string, readonly string[]>): string[] {
	for (let before = Infinity; left.size < before;) {
		before = left.size;
		const awaited = new Set([...left.values()].flat());
		for (const id of left.keys()) if (!awaited.has(id)) left.delete(id);
	}
	return [...left.keys()];
}
