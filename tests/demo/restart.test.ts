import { expect, test } from 'vitest';
import {
	clientFor,
	control,
	controlState,
	demoFor,
	eventsIn,
	objectOf,
	request,
	researchRequest,
	textUntilEnd
} from './support.ts';

const patience = { timeout: 5_000 };

async function restart(url: string, body: unknown): Promise<number> {
	return (await fetch(`${url}/restart`, { method: 'POST', body: JSON.stringify(body) })).status;
}

test('BY-15 a restart cuts what is open, and a run in the background goes on over it', async () => {
	const demo = await demoFor({ pace: 10 });
	const streamed = await request(demo, 'POST', '/responses', { ...researchRequest(), background: true });
	const told = textUntilEnd(streamed);
	await expect.poll(async () => (await controlState(demo)).responses[0]?.status, patience).toBe('in_progress');
	expect(await restart(demo.controlUrl, { downMs: 100 })).toBe(200);
	const before = eventsIn((await told).text);
	expect(before.at(-1)?.type).not.toBe('response.completed');
	await expect
		.poll(
			async () =>
				controlState(demo).then(
					() => true,
					() => false
				),
			patience
		)
		.toBe(true);
	const { id } = (await controlState(demo)).responses[0] ?? { id: '' };
	const cursor = before.at(-1)?.sequence_number ?? 0;
	const rest = await request(demo, 'GET', `/responses/${id}?stream=true&starting_after=${cursor}`);
	const after = eventsIn((await textUntilEnd(rest)).text);
	expect(after[0]?.sequence_number).toBe(cursor + 1);
	expect(after.at(-1)?.type).toBe('response.completed');
	expect((await objectOf(demo, id)).status).toBe('completed');
});

test('BY-15 while it is away nobody answers, and what was armed is still armed after', async () => {
	const demo = await demoFor();
	await control(demo, { faults: [{ name: 'server_error' }] });
	await restart(demo.controlUrl, { downMs: 300 });
	const models = () => clientFor(demo).models.list();
	await expect
		.poll(
			async () =>
				models().then(
					() => 'answers',
					() => 'away'
				),
			patience
		)
		.toBe('away');
	await expect
		.poll(
			async () =>
				models().then(
					() => 'answers',
					() => 'away'
				),
			patience
		)
		.toBe('answers');
	expect((await controlState(demo)).faults).toMatchObject([{ name: 'server_error' }]);
});

test.each([{ downMs: -1 }, { downMs: 'soon' }, { downMs: 1e9 }])('BY-15 a restart with %o is refused', async (body) => {
	const demo = await demoFor();
	expect(await restart(demo.controlUrl, body)).toBe(400);
	expect((await controlState(demo)).faults).toEqual([]);
});
