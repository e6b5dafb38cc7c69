import { describe, expect, test } from 'vitest';
import { ended, makeApp } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, send } from './asking.ts';

async function serve() {
	const app = await makeApp();
	const url = await serveRoutes(app, (request) => request.headers.get('x-owner') ?? 'local');
	const upload = async (name: string, text: string) => {
		const headers = { 'content-type': 'application/octet-stream' };
		const { body } = await ask(`${url}/api/files?name=${name}`, { method: 'POST', headers, body: text });
		return body.fileId as string;
	};
	/** The ends of the calls of one job. */
	const use = async (calls: object[], files: string[] = [], headers: Record<string, string> = {}) => {
		const { body } = await send(`${url}/api/jobs`, { operation: 'tools', input: { calls, files } }, headers);
		const owner = headers['x-owner'] ?? 'local';
		const { result } = await app.jobs.wait(owner, body.id, 20_000, AbortSignal.timeout(20_000));
		return (result as { tools: { state: string; text: string; problem: string }[] }).tools;
	};
	return { app, url, upload, use };
}
const search = { id: 's', tool: 'search_knowledge', arguments: { question: 'When is high water in the harbour?' } };

describe('tools over real files', () => {
	test('OP-04 AG-03 an attached table is asked in SQL, and a wrong name is answered with the right ones', async () => {
		const { upload, use } = await serve();
		const fileId = await upload('sales.csv', 'city,amount\nOslo,10\nRome,32\nOslo,5\n');
		const [right, wrong, writes] = await use(
			[
				{
					id: 'a',
					tool: 'query_table',
					arguments: { fileId, sql: 'SELECT city, SUM(amount) AS n FROM sales GROUP BY city ORDER BY city' }
				},
				{ id: 'b', tool: 'query_table', arguments: { fileId, sql: 'SELECT town FROM sales' } },
				{ id: 'c', tool: 'query_table', arguments: { fileId, sql: 'DROP TABLE sales' } }
			],
			[fileId]
		);
		expect(right?.text).toBe('| city | n |\n| --- | --- |\n| Oslo | 15 |\n| Rome | 32 |');
		expect(wrong?.problem).toContain('town');
		expect(wrong?.problem).toContain('The file has: "sales" ("city", "amount").');
		expect(writes?.state).toBe('failed');
	}, 30_000);

	test('OP-04 CH-05 a document of the knowledge base is found and read, and only by its owner', async () => {
		const { app, upload, use } = await serve();
		const fileId = await upload('harbour.md', '# Harbour\n\nHigh water in the harbour is at six in the morning.\n');
		const { snapshot } = await app.jobs.start('local', { operation: 'ingest', input: { fileId }, options: {} });
		expect((await ended(app, snapshot.id)).status).toBe('succeeded');
		const read = { id: 'r', tool: 'read_document', arguments: { documentId: 'Harbour' }, after: ['s'] };
		const ends = await use([search, read]);
		expect(ends.map(({ state }) => state)).toEqual(['completed', 'completed']);
		for (const { text } of ends) expect(text).toContain('High water in the harbour is at six in the morning.');
		const others = await use([search, { ...read, after: [] }], [], { 'x-owner': 'mallory' });
		expect(others[0]?.text).toBe('No passage was found.');
		expect(others[1]?.problem).toBe('There is no document “Harbour” in reach.');
	}, 30_000);
});
