import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { DataSource, UploadedFile } from '../../operations/operation.ts';

/** Loaded when it is first asked. */
const files = import.meta.glob<string>('./shipped/*.csv', { query: '?raw', import: 'default' });

/** The data sets that ship with Headway; docs/charts.md says where they are from. */
export const shippedSets: readonly DataSource[] = [
	{
		name: 'bike-rides',
		title: 'Bike rides',
		description:
			"3,000 rides on a city's hire bikes in 2025: when, from which station, how long, how far and for how much. Made up for Headway.",
		kind: 'shipped',
		dialect: 'SQLite'
	}
];

/** A shipped set as if somebody had brought it. */
export async function shippedFile(name: string): Promise<UploadedFile> {
	const load = files[`./shipped/${name}.csv`];
	if (!load) throw new Error(`the data set ${name} is missing`);
	const content = Buffer.from(await load());
	const sha256 = createHash('sha256').update(content).digest('hex');
	return {
		...{ id: `shipped ${name}`, name: `${name}.csv`, mediaType: 'text/csv', size: content.length, sha256 },
		bytes: () => Promise.resolve(content),
		stream: () => Readable.from([content])
	};
}
