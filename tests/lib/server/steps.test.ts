import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import type { ImageEvent, ImageRequest, ProviderEvent, ResponseRequest } from '$lib/operations/provider.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../support/app.ts';
import { stepsThat } from '../../support/operations.ts';
import { created, ended as providerEnded, FakeProvider, hungUp, outcome, someUsage } from './fake-provider.ts';

const resumable = { can: { finishNow: false, resumable: true, repeatable: false } };

/** A provider whose answers are named by what was asked; one that is not written down is silent. */
class Answering extends FakeProvider {
	readonly asked: string[] = [];
	readonly answers: Record<string, string>;
	readonly resumes: string[] = [];

	constructor(answers: Record<string, string>) {
		super();
		this.answers = answers;
	}

	override async *create({ input }: ResponseRequest, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		const what = String(input);
		this.asked.push(what);
		yield { ...created(), responseId: `resp_${what}` } as ProviderEvent;
		yield* this.#answer(what, signal);
	}

	override async *resume(responseId: string, _cursor: number, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		this.resumes.push(responseId);
		yield* this.#answer(responseId.replace('resp_', ''), signal);
	}

	async *#answer(what: string, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		const text = this.answers[what];
		if (text === undefined) await hungUp(signal);
		yield providerEnded(1, outcome('completed', { responseId: `resp_${what}`, text: text ?? '' }));
	}
}

/** Two requests: what the first one answered is in the log before the second is made. What comes `afterwards` needs no provider. */
const twoStepsAnd = (afterwards: () => Promise<unknown>) =>
	stepsThat(async (ctx) => {
		const ask = async (step: string) => {
			for await (const event of ctx.provider.respond({ input: step }, step)) {
				if (event.type !== 'ended') continue;
				ctx.emit('note', { text: event.outcome.text });
				return;
			}
		};
		ctx.phase('first');
		if (!ctx.resumed?.state.notes.length) await ask('outline');
		ctx.phase('second');
		if ((ctx.resumed?.state.notes.length ?? 0) < 2) await ask('section');
		await Promise.race([afterwards(), new Promise((_, reject) => ctx.signal.addEventListener('abort', reject))]);
		return { sum: 2 };
	}, resumable);
const twoSteps = twoStepsAnd(() => Promise.resolve());

test('CX-10 what a job cost is the sum of its requests', async () => {
	const provider = new Answering({ outline: 'o', section: 's' });
	const app = await makeApp({ provider, runs: runsOf(twoSteps) });
	const done = await ended(app, (await start(app, 'steps', {})).id);
	expect(done).toMatchObject({ status: 'succeeded', state: { notes: ['o', 's'] }, cost: { usd: 0.04, known: true } });
	expect(done.usage).toEqual({
		inputTokens: 200,
		cachedTokens: 0,
		outputTokens: 100,
		reasoningTokens: 20,
		searches: 4
	});
});

test('CX-10 CX-04 a cancel in the second request tells the cost of both', async () => {
	const provider = new Answering({ outline: 'o' });
	const app = await makeApp({ provider, runs: runsOf(twoSteps) });
	const { id } = await start(app, 'steps', {});
	await until(app, id, ({ responseId }) => responseId === 'resp_section');
	await app.jobs.cancel('local', id);
	const { receipt } = await ended(app, id);
	expect(receipt).toMatchObject({ provider: 'confirmed', cost: { usd: 0.04, known: true } });
	expect(provider.count('cancel')).toBe(1);
});

test('BY-01 BY-02 after a restart the request on its way goes on; the one before is neither made nor billed again', async () => {
	const dataDir = temporaryFolder();
	const first = await makeApp({ dataDir, provider: new Answering({ outline: 'o' }), runs: runsOf(twoSteps) });
	const { id } = await start(first, 'steps', {});
	await until(first, id, ({ responseId }) => responseId === 'resp_section');
	await first.close();

	const provider = new Answering({ outline: 'never', section: 's' });
	const second = await makeApp({ dataDir, provider, runs: runsOf(twoSteps) });
	const done = await ended(second, id);
	expect(done).toMatchObject({ status: 'succeeded', state: { notes: ['o', 's'] }, cost: { usd: 0.04, known: true } });
	expect(provider.asked).toEqual([]);
	expect(provider.resumes).toEqual(['resp_section']);
});

test('CX-10 BY-01 a process lost after the last request: what that one cost still counts', async () => {
	const dataDir = temporaryFolder();
	const answers = { outline: 'o', section: 's' };
	const held = twoStepsAnd(() => Promise.withResolvers<void>().promise);
	const first = await makeApp({ dataDir, provider: new Answering(answers), runs: runsOf(held) });
	const { id } = await start(first, 'steps', {});
	await until(first, id, ({ state }) => (state as { notes: string[] }).notes.length === 2);
	await first.close();

	const second = await makeApp({ dataDir, provider: new Answering({}), runs: runsOf(twoSteps) });
	const done = await ended(second, id);
	expect(done).toMatchObject({ status: 'succeeded', cost: { usd: 0.04, known: true }, usage: { inputTokens: 200 } });
});

test('BY-02 a request that ended just before the process was lost is read again, and billed once', async () => {
	const dataDir = temporaryFolder();
	const hold = Promise.withResolvers<void>();
	const held = stepsThat(async (ctx) => {
		for await (const event of ctx.provider.respond({ input: 'outline' }, 'outline')) if (event.type === 'ended') break;
		await Promise.race([hold.promise, new Promise((_, reject) => ctx.signal.addEventListener('abort', reject))]);
		return { sum: 1 };
	}, resumable);
	const first = await makeApp({ dataDir, provider: new Answering({ outline: 'o' }), runs: runsOf(held) });
	const { id } = await start(first, 'steps', {});
	await until(first, id, ({ usage }) => usage !== null);
	await first.close();

	hold.resolve();
	const provider = new Answering({ outline: 'o' });
	const second = await makeApp({ dataDir, provider, runs: runsOf(held) });
	expect(await ended(second, id)).toMatchObject({ status: 'succeeded', cost: { usd: 0.02, known: true } });
	expect(provider.asked).toEqual([]);
});

/** A provider of pictures that plays what the test wrote down. */
class Painter extends FakeProvider {
	readonly pictures: ImageRequest[] = [];
	readonly scripts: (ImageEvent | Error | 'silence')[][];

	constructor(...scripts: (ImageEvent | Error | 'silence')[][]) {
		super();
		this.scripts = scripts;
	}

	override async *image(request: ImageRequest, signal: AbortSignal): AsyncGenerator<ImageEvent> {
		this.pictures.push(request);
		for (const step of this.scripts[this.pictures.length - 1] ?? []) {
			if (step === 'silence') await hungUp(signal);
			else if (step instanceof Error) throw step;
			else yield step;
		}
	}
}

const accepted: ImageEvent = { type: 'accepted' };
const picture: ImageEvent = {
	...{ type: 'image', bytes: new Uint8Array([1, 2, 3]), mediaType: 'image/png', revisedPrompt: null }
};
const billed: ImageEvent = { type: 'ended', usage: someUsage, cost: { usd: 0.05, known: true } };
const request = { prompt: 'a fox', count: 1, partialImages: 0, images: [] };

const paints = (count = 1) =>
	stepsThat(async (ctx) => {
		let sum = 0;
		for (let n = 1; n <= count; n += 1)
			for await (const event of ctx.provider.image(request, `image-${n}`))
				if (event.type === 'image') sum += event.bytes.length;
		return { sum };
	});

test('CX-10 two pictures of one job are two requests, and cost both', async () => {
	const provider = new Painter([accepted, picture, billed], [accepted, picture, billed]);
	const app = await makeApp({ provider, runs: runsOf(paints(2)) });
	const done = await ended(app, (await start(app, 'steps', {})).id);
	expect(done).toMatchObject({ result: { sum: 6 }, cost: { usd: 0.1, known: true } });
	expect(provider.pictures).toHaveLength(2);
});

test('CX-04 CX-15 a cancel closes the connection of a picture at once; what it cost is not known, and said so', async () => {
	const provider = new Painter([accepted, picture, billed], [accepted, 'silence']);
	const app = await makeApp({ provider, runs: runsOf(paints(2)) });
	const { id } = await start(app, 'steps', {});
	await expect.poll(() => provider.pictures.length).toBe(2);
	await app.jobs.cancel('local', id);
	const { receipt, status } = await ended(app, id);
	expect(status).toBe('cancelled');
	expect(receipt).toMatchObject({ provider: 'unconfirmed', cost: { usd: 0.05, known: false } });
	expect(receipt?.stoppedAt).toBeLessThan((receipt?.requestedAt ?? 0) + 2_000);
	expect(receipt?.cleanedUp).toContainEqual({ what: 'connection to Fake closed', ok: true });
});

test('BY-02 a picture whose answer was lost is an unknown outcome and is not asked for again', async () => {
	const lost = new HeadwayError('provider_connection', 'The connection was lost.');
	const provider = new Painter([lost]);
	const app = await makeApp({ provider, runs: runsOf(paints()) });
	expect(await ended(app, (await start(app, 'steps', {})).id)).toMatchObject({ error: { code: 'unknown_outcome' } });
	expect(provider.pictures).toHaveLength(1);
});

test('IM-10 TS-12 a stream of pictures that ends without a picture is a lost connection, not a result', async () => {
	const provider = new Painter([accepted]);
	const app = await makeApp({ provider, runs: runsOf(paints()) });
	const done = await ended(app, (await start(app, 'steps', {})).id);
	expect(done).toMatchObject({ status: 'failed', error: { code: 'provider_connection', retryable: true } });
});

test('CX-08 CX-09 the temporary folder of a run goes with it: after success, a failure and a cancel', async () => {
	const folders: string[] = [];
	const run = stepsThat(async (ctx, { name }) => {
		const folder = await ctx.folder();
		folders.push(folder);
		expect(await ctx.folder()).toBe(folder);
		writeFileSync(`${folder}/draft.txt`, 'words');
		ctx.phase('first');
		if (name === 'fails') throw new HeadwayError('refused', 'No.');
		if (name === 'waits') await new Promise((_, reject) => ctx.signal.addEventListener('abort', reject));
		return { sum: 0 };
	});
	const dataDir = temporaryFolder();
	const app = await makeApp({ dataDir, runs: runsOf(run) });
	await ended(app, (await start(app, 'steps', { name: 'ends' })).id);
	await ended(app, (await start(app, 'steps', { name: 'fails' })).id);
	const waiting = await start(app, 'steps', { name: 'waits' });
	await until(app, waiting.id, ({ phase }) => phase === 'first');
	await app.jobs.cancel('local', waiting.id);
	const { receipt } = await ended(app, waiting.id);
	expect(receipt?.cleanedUp).toContainEqual({ what: 'temporary folder removed', ok: true });
	expect(folders).toHaveLength(3);
	expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
	expect(readdirSync(`${dataDir}/tmp`)).toEqual([]);
});

test('CX-08 what a killed process left in the temporary folder goes at the next start', async () => {
	const dataDir = temporaryFolder();
	mkdirSync(`${dataDir}/tmp/job_1-abc`, { recursive: true });
	writeFileSync(`${dataDir}/tmp/job_1-abc/half.docx`, 'PK');
	await makeApp({ dataDir, runs: runsOf(paints()) });
	expect(readdirSync(`${dataDir}/tmp`)).toEqual([]);
});

test('RS-12 the log of a job of several requests names each response, contiguous', async () => {
	const app = await makeApp({ provider: new Answering({ outline: 'o', section: 's' }), runs: runsOf(twoSteps) });
	const { id } = await start(app, 'steps', {});
	const events = await allEvents(app, id);
	const responses = events.filter(({ type }) => type === 'response').map(({ data }) => data);
	expect(responses).toMatchObject([{ responseId: 'resp_outline' }, { responseId: 'resp_section' }]);
	expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
});
