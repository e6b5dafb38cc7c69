import { Readable } from 'node:stream';
import Database from 'better-sqlite3';
import { dataPaths } from '$lib/server/config.ts';
import type { ConformanceOptions } from '../conformance/index.ts';

const fileId = 'file_of_the_sample';
const text = Array.from({ length: 200 }, (_, n) => `Paragraph ${n} tells how the heron number ${n} eats its fish.`);

/** An input that every test of the operation can start with, once its file is there. */
export default { fileId, title: 'Herons' };

export const options: ConformanceOptions = {
	async prepare(app, dataDir) {
		if ((await app.uploads.list('local')).rows.some(({ id }) => id === fileId)) return;
		const body = Readable.from([Buffer.from(text.join('\n\n'))]);
		const { id } = await app.uploads.put('local', { name: 'herons.md', body });
		const db = new Database(dataPaths(dataDir).database);
		db.prepare('UPDATE files SET id = ? WHERE id = ?').run(fileId, id);
		db.close();
	}
};
