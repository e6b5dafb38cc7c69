import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/server.ts';
import type { Demo } from '../../src/demo/server.ts';
import {
	clientFor,
	control,
	controlState,
	demoFor,
	eventsIn,
	eventsOf,
	FIXTURES,
	lastObject,
	objectOf,
	reportOf,
	request,
	researchRequest,
	temporaryFolder,
	textUntilEnd
} from './support.ts';
import type { Answered, Told } from './support.ts';

/** A clock that stands still until it is moved. */
function standingClock(at = 1_800_000_000_000) {
	return {
		at,
		now: () => at,
		move(ms: number) {
			at += ms;
		}
	};
}

async function create(demo: Demo, changes: object = {}): Promise<Answered> {
	return (await (
		await request(demo, 'POST', '/responses', { ...researchRequest(), stream: false, ...changes })
	).json()) as Answered;
}

/** Starts a streamed run and reads its first event, then hangs up. */
async function startedThenLeft(demo: Demo, changes: object = {}): Promise<string> {
	const hangUp = new AbortController();
	const answer = await fetch(`${demo.url}/responses`, {
		method: 'POST',
		headers: { authorization: 'Bearer any' },
		body: JSON.stringify({ ...researchRequest(), ...changes }),
		signal: hangUp.signal
	});
	const reader = answer.body?.getReader();
	const first = new TextDecoder().decode((await reader?.read())?.value);
	hangUp.abort();
	return /"id":"(resp_\w+)"/.exec(first)?.[1] ?? '';
}

async function resumed(demo: Demo, id: string, after: number): Promise<Told[]> {
	return eventsIn(await (await request(demo, 'GET', `/responses/${id}?stream=true&starting_after=${after}`)).text());
}

async function errorOf(answer: Response): Promise<[number, string]> {
	return [answer.status, ((await answer.json()) as { error: { message: string } }).error.message];
}

test('RS-13 a background create answers queued at once, and polling sees it grow to completed', async () => {
	const clock = standingClock();
	const demo = await demoFor({ pace: 1, now: clock.now });
	const { id, status, usage } = await create(demo);
	expect([status, usage]).toEqual(['queued', null]);
	clock.move(10_000);
	const middle = await objectOf(demo, id);
	expect([middle.status, middle.usage]).toEqual(['in_progress', null]);
	expect(middle.output.length).toBeGreaterThan(1);
	clock.move(20_000);
	const end = await objectOf(demo, id);
	expect(end.status).toBe('completed');
	expect(reportOf(end)).toContain('# How do Fresnel lenses');
});

test('RS-13 GET shows the message as far as it has been written', async () => {
	const clock = standingClock();
	const demo = await demoFor({ pace: 1, now: clock.now });
	const { id } = await create(demo);
	clock.move(19_000);
	const partial = await objectOf(demo, id);
	clock.move(60_000);
	const whole = reportOf(await objectOf(demo, id));
	expect(partial.output.at(-1)).toMatchObject({ type: 'message', status: 'in_progress' });
	expect(reportOf(partial).length).toBeGreaterThan(20);
	expect(reportOf(partial).length).toBeLessThan(whole.length);
	expect(whole.startsWith(reportOf(partial))).toBe(true);
});

test('RS-07 a resumed stream gives exactly the events after N, and none when N is the last', async () => {
	const demo = await demoFor();
	const all = await eventsOf(demo);
	const { id } = lastObject(all);
	for (const after of [0, 7, all.length - 2]) expect(await resumed(demo, id, after)).toEqual(all.slice(after + 1));
	expect(await resumed(demo, id, -1)).toEqual(all);
	const beyond = await request(demo, 'GET', `/responses/${id}?stream=true&starting_after=${all.length - 1}`);
	expect([beyond.status, await beyond.text()]).toEqual([200, '']);
});

test('RS-07 the SDK resumes a running response live, and the two halves make the whole', async () => {
	const demo = await demoFor({ pace: 60 });
	const client = clientFor(demo);
	const seen: number[] = [];
	let id = '';
	for await (const event of await client.responses.create(researchRequest())) {
		seen.push(event.sequence_number);
		if (event.type === 'response.created') id = event.response.id;
		if (seen.length === 20) break;
	}
	let last = '';
	for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: seen.at(-1) })) {
		seen.push(event.sequence_number);
		last = event.type;
	}
	expect(last).toBe('response.completed');
	expect(seen).toEqual(seen.map((_, index) => index));
});

test('RS-13 hanging up does not stop a background run', async () => {
	const demo = await demoFor({ pace: 40 });
	const id = await startedThenLeft(demo);
	expect((await objectOf(demo, id)).status).toMatch(/queued|in_progress/);
	await expect.poll(async () => (await objectOf(demo, id)).status, { timeout: 5000 }).toBe('completed');
});

test('RS-13 hanging up stops a run that is not in the background, and GET knows it only after its end', async () => {
	const demo = await demoFor({ pace: 1 });
	const id = await startedThenLeft(demo, { background: false });
	await expect
		.poll(async () => (await controlState(demo)).responses[0], { timeout: 5000 })
		.toMatchObject({ id, status: 'cancelled' });
	const running = await fetch(`${demo.url}/responses`, {
		method: 'POST',
		headers: { authorization: 'Bearer any' },
		body: JSON.stringify({ ...researchRequest(), background: false })
	});
	const first = new TextDecoder().decode((await running.body?.getReader().read())?.value);
	const other = /"id":"(resp_\w+)"/.exec(first)?.[1] ?? '';
	expect((await request(demo, 'GET', `/responses/${other}`)).status).toBe(404);
	expect(await errorOf(await request(demo, 'POST', `/responses/${other}/cancel`))).toEqual([
		400,
		'Cannot cancel a synchronous response.'
	]);
});

test('RS-13 a plain create without background or stream answers when the run has ended', async () => {
	const demo = await demoFor();
	const response = await create(demo, { background: false });
	expect(response.status).toBe('completed');
	expect(reportOf(response)).toContain('# How do Fresnel lenses');
});

test('BY-15 a run goes on over a restart: same id, same events, as far as the clock says', async () => {
	const clock = standingClock();
	const options = { dataDir: temporaryFolder(), corpusFolders: [FIXTURES], pace: 1, now: clock.now };
	const before = await startDemo(options);
	const opened = await request(before, 'POST', '/responses', researchRequest());
	const reader = opened.body?.getReader();
	const first = eventsIn(new TextDecoder().decode((await reader?.read())?.value));
	const id = (first[0]?.response as Answered).id;
	clock.move(8_000);
	const inTheMiddle = await objectOf(before, id);
	await before.close();
	const after = await demoFor(options);
	expect(await objectOf(after, id)).toEqual(inTheMiddle);
	clock.move(30_000);
	const replayed = await resumed(after, id, -1);
	expect(replayed[0]).toEqual(first[0]);
	expect(replayed.map(({ sequence_number }) => sequence_number)).toEqual(replayed.map((_, index) => index));
	expect(lastObject(replayed)).toEqual(await objectOf(after, id));
	expect(lastObject(replayed).output[0]).toEqual(inTheMiddle.output[0]);
	expect(lastObject(replayed).output.map((item) => item.id)).toEqual(
		expect.arrayContaining(inTheMiddle.output.map((item) => item.id))
	);
});

test('RS-13 cancelling keeps what there was, counts it, ends every stream with response.failed, and may be repeated', async () => {
	const clock = standingClock();
	const demo = await demoFor({ pace: 1, now: clock.now });
	const stream = await request(demo, 'POST', '/responses', researchRequest());
	const { id } = (await controlState(demo)).responses[0] ?? { id: '' };
	clock.move(19_000);
	const partial = reportOf(await objectOf(demo, id));
	const cancelled = (await (await request(demo, 'POST', `/responses/${id}/cancel`)).json()) as Answered;
	expect(cancelled.status).toBe('cancelled');
	expect(reportOf(cancelled)).toBe(partial);
	expect(cancelled.output.at(-1)?.status).toBe('in_progress');
	expect(cancelled.usage?.output_tokens).toBeGreaterThan(0);
	const told = eventsIn(await stream.text());
	expect(told.at(-1)?.type).toBe('response.failed');
	expect(lastObject(told)).toEqual(cancelled);
	expect(told.at(-1)?.sequence_number).toBe(told.length - 1);
	expect(await (await request(demo, 'POST', `/responses/${id}/cancel`)).json()).toEqual(cancelled);
	clock.move(60_000);
	expect(await objectOf(demo, id)).toEqual(cancelled);
});

test('RS-13 a cancel that comes too late is refused in the words of the sheet', async () => {
	const demo = await demoFor();
	const refused = async (fault?: string) => {
		if (fault) await control(demo, { faults: [{ name: fault }] });
		const { id } = lastObject(await eventsOf(demo));
		return errorOf(await request(demo, 'POST', `/responses/${id}/cancel`));
	};
	expect(await refused()).toEqual([400, 'Cannot cancel a completed response.']);
	expect(await refused('failed')).toEqual([400, 'Cannot cancel a failed response.']);
	expect(await refused('incomplete')).toEqual([400, 'Cannot cancel a response in terminal state.']);
	expect(await errorOf(await request(demo, 'POST', '/responses/resp_x/cancel'))).toEqual([
		404,
		"Response with id 'resp_x' not found."
	]);
});

test('RS-13 a running response cannot be deleted, an ended one is gone afterwards', async () => {
	const demo = await demoFor({ pace: 1 });
	const { id } = await create(demo);
	expect(await errorOf(await request(demo, 'DELETE', `/responses/${id}`))).toEqual([
		400,
		'Cannot delete an in-flight response.'
	]);
	await request(demo, 'POST', `/responses/${id}/cancel`);
	expect(await (await request(demo, 'DELETE', `/responses/${id}`)).json()).toEqual({
		id,
		object: 'response',
		deleted: true
	});
	expect(await errorOf(await request(demo, 'GET', `/responses/${id}`))).toEqual([
		404,
		`Response with id '${id}' not found.`
	]);
	expect((await request(demo, 'DELETE', `/responses/${id}`)).status).toBe(404);
});

test('RS-13 a response that was created without stream cannot be streamed later', async () => {
	const demo = await demoFor();
	const { id } = await create(demo);
	const [status, message] = await errorOf(await request(demo, 'GET', `/responses/${id}?stream=true`));
	expect([status, message]).toEqual([
		400,
		'This response cannot be streamed because it was not created with stream=true.'
	]);
});

test('RS-13 a long silence is filled with keepalives that count as events', async () => {
	const demo = await demoFor();
	const events = await eventsOf(demo, researchRequest(undefined, 'high'));
	const alive = events.filter(({ type }) => type === 'keepalive');
	expect(alive.length).toBeGreaterThan(0);
	expect(Object.keys(alive[0] ?? {})).toEqual(['type', 'sequence_number']);
});

test('BY-15 the same request twice makes two responses with the same course', async () => {
	const demo = await demoFor({ now: standingClock().now });
	const [first, second] = [await create(demo), await create(demo)];
	expect(first.id).not.toBe(second.id);
	const quick = await demoFor();
	const [one, two] = await Promise.all([eventsOf(quick), eventsOf(quick)]);
	expect(one.map(({ type }) => type)).toEqual(two.map(({ type }) => type));
	expect(reportOf(lastObject(one))).toBe(reportOf(lastObject(two)));
});

test('RS-11 two streams of one response are the same', async () => {
	const demo = await demoFor({ pace: 100 });
	const opened = await request(demo, 'POST', '/responses', researchRequest());
	const { id } = (await controlState(demo)).responses[0] ?? { id: '' };
	const [first, second] = await Promise.all([textUntilEnd(opened), resumed(demo, id, -1)]);
	expect(eventsIn(first.text)).toEqual(second);
});
