import { NAMES } from './patterns.ts';
import { isTime } from './schema.ts';
import type { Column, Table } from './schema.ts';

/** SQL for a name, whatever is in it. */
export function quoted(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}

/**
 * `FROM` with all the tables that are needed, from the one whose rows are counted along its references; null where they do
 * not lead there. Each row of the first stays one row.
 */
export function fromClause(fact: Table, needed: readonly string[], tables: readonly Table[]): string | null {
	const joined = new Set([fact.name]);
	const clauses = [quoted(fact.name)];
	for (const target of needed) {
		const path = joined.has(target) ? [] : pathTo(target, [fact.name], tables);
		if (!path) return null;
		for (const { from, to, column, key } of path) {
			if (joined.has(to)) continue;
			joined.add(to);
			const [here, there] = [`${quoted(from)}.${quoted(column)}`, `${quoted(to)}.${quoted(key)}`];
			clauses.push(`JOIN ${quoted(to)} ON ${there} = ${here}`);
		}
	}
	return clauses.join(' ');
}

interface Step {
	readonly from: string;
	readonly to: string;
	readonly column: string;
	readonly key: string;
}

/** The shortest way from a table to another along references. */
function pathTo(target: string, from: readonly string[], tables: readonly Table[]): Step[] | null {
	let ways: Step[][] = from.map(() => []);
	let ends = [...from];
	const seen = new Set(from);
	while (ends.length > 0) {
		const next: { way: Step[]; end: string }[] = [];
		for (const [at, end] of ends.entries())
			for (const step of stepsFrom(end, tables)) {
				if (seen.has(step.to)) continue;
				seen.add(step.to);
				const way = [...(ways[at] ?? []), step];
				if (step.to === target) return way;
				next.push({ way, end: step.to });
			}
		[ways, ends] = [next.map(({ way }) => way), next.map(({ end }) => end)];
	}
	return null;
}

function stepsFrom(name: string, tables: readonly Table[]): Step[] {
	const table = tables.find((one) => one.name === name);
	return (table?.columns ?? []).flatMap(({ name: column, refersTo }) =>
		refersTo ? [{ from: name, to: refersTo[0], column, key: refersTo[1] }] : []
	);
}

/** Whether the references of one table lead to another. */
export function leadsTo(from: Table, to: string, tables: readonly Table[]): boolean {
	return from.name === to || pathTo(to, [from.name], tables) !== null;
}

/** What the rows of a table are called. */
export function labelOf({ columns }: Table): Column {
	const texts = columns.filter((column) => column.type === 'text' && !isTime(column));
	const found =
		texts.find(({ name }) => NAMES.test(name)) ?? texts[0] ?? columns.find(({ isKey }) => isKey) ?? columns[0];
	if (!found) throw new Error('a table without columns cannot be named');
	return found;
}
