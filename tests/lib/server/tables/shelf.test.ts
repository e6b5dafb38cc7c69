import { getEventListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '$lib/server/clock.ts';
import { TableShelf } from '$lib/server/tables/loaded-tables.ts';
import { temporaryFolder } from '../../../support/app.ts';

const file = {
	...{ id: 'file_1', name: 't.csv', mediaType: 'text/csv', size: 3, sha256: 'same' },
	bytes: () => Promise.resolve(Buffer.from('a\n1')),
	stream: () => Readable.from([Buffer.from('a\n1')])
};

test('CX-15 a question that is over leaves nothing behind at its signal, which may be as old as the server', async () => {
	const shelf = new TableShelf(temporaryFolder(), systemClock, async ({ folder }) => {
		writeFileSync(join(folder, 'tables.db'), 'made');
		return { database: join(folder, 'tables.db'), tables: [] };
	});
	onTestFinished(() => shelf.close());
	const { signal } = new AbortController();
	for (let times = 0; times < 3; times += 1) await shelf.use(file, signal, async () => null);
	expect(getEventListeners(signal, 'abort')).toEqual([]);
});
