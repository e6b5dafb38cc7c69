import { expect, test } from 'vitest';
import { command, CommandError, newKey } from '$lib/client/trpc.ts';
import { FakeServer, refusal } from './fake-server.ts';

/** Sends a cancel, and says how it went and how long it waited between attempts. */
async function attempt(server: FakeServer) {
	const waits: number[] = [];
	const wait = async (ms: number) => void waits.push(ms);
	const send = () => server.client.jobs.cancel.mutate({ id: 'job_1' });
	const outcome = await command(send, wait).then(
		(value: unknown) => ({ value, error: null }),
		(error: unknown) => ({ value: null, error: error as CommandError })
	);
	return { ...outcome, waits, sent: server.calls.length };
}

const unplugged = () => {
	throw new TypeError('fetch failed');
};

test('TS-11 a command that does not reach the server is sent again after 1, 2 and 4 s', async () => {
	const server = new FakeServer();
	const answers = [unplugged, unplugged, unplugged, () => ({ id: 'job_1' })];
	server.answer = () => answers.shift()?.();
	expect(await attempt(server)).toEqual({ value: { id: 'job_1' }, error: null, waits: [1_000, 2_000, 4_000], sent: 4 });
});

test('TS-11 after four attempts it says in a sentence that the server could not be reached', async () => {
	const server = new FakeServer();
	server.answer = unplugged;
	const { error, waits, sent } = await attempt(server);
	expect(error).toBeInstanceOf(CommandError);
	expect(error?.message).toBe('Headway could not be reached, after 4 attempts. Check the connection and try again.');
	expect(error?.data).toEqual({ code: null, fields: [], retryAfter: null });
	expect([waits, sent]).toEqual([[1_000, 2_000, 4_000], 4]);
});

test('TS-11 the error page of a proxy counts as not reached', async () => {
	const server = new FakeServer();
	const answers = [
		new Response('<h1>502 Bad Gateway</h1>', { status: 502, headers: { 'content-type': 'text/html' } }),
		{ id: 'job_1' }
	];
	server.answer = () => answers.shift();
	expect(await attempt(server)).toMatchObject({ value: { id: 'job_1' }, waits: [1_000], sent: 2 });
});

test('TS-15 what the server refused is not sent again, and keeps its code and its sentence', async () => {
	const server = new FakeServer();
	server.answer = () => refusal('NOT_FOUND', 404, 'not_found', 'There is no such job. It may have been deleted.');
	const { error, waits, sent } = await attempt(server);
	expect(error?.message).toBe('There is no such job. It may have been deleted.');
	expect(error?.data).toEqual({ code: 'not_found', fields: [], retryAfter: null });
	expect([waits, sent]).toEqual([[], 1]);
});

const tooMany = (seconds: number) =>
	refusal('TOO_MANY_REQUESTS', 429, 'limit_reached', `Try again in ${seconds} seconds.`, seconds);

test('TS-17 at a limit that is over within 5 s the command waits as long as it is told, and is sent again', async () => {
	const server = new FakeServer();
	const answers: unknown[] = [tooMany(3), tooMany(5), { id: 'job_1' }];
	server.answer = () => answers.shift();
	expect(await attempt(server)).toEqual({ value: { id: 'job_1' }, error: null, waits: [3_000, 5_000], sent: 3 });
});

test('TS-17 at a limit that lasts longer the person is told at once how long', async () => {
	const server = new FakeServer();
	server.answer = () => tooMany(42);
	const { error, waits, sent } = await attempt(server);
	expect(error?.message).toBe('Try again in 42 seconds.');
	expect(error?.data).toEqual({ code: 'limit_reached', fields: [], retryAfter: 42 });
	expect([waits, sent]).toEqual([[], 1]);
});

test('BY-02 no two starts have the same key', () => {
	const keys = Array.from({ length: 100 }, newKey);
	expect(new Set(keys).size).toBe(100);
	for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});
