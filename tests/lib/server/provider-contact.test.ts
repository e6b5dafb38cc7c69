import { describe, expect, onTestFinished, test } from 'vitest';
import type { Contact, JobEvent } from '$lib/jobs/event.ts';
import { ProviderError } from '$lib/server/providers/errors.ts';
import { ended as jobEnded, makeApp, runsOf, start } from '../../support/app.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { askingSteps, Gate, stepsThat, untilStopped } from '../../support/operations.ts';
import { created, drawn, ended, FakeProvider, outcome } from './fake-provider.ts';

/** A running job on a clock of the test's own, with how it stood with its provider at its last tick. */
async function watched(provider: FakeProvider, run = askingSteps(), options: object = {}) {
	const clock = new FakeClock();
	const app = await makeApp({ provider, runs: runsOf(run), clock, env: { HEADWAY_IDLE_TIMEOUT: '100' } });
	const { id } = await start(app, 'steps', {}, options);
	const gone = new AbortController();
	onTestFinished(() => gone.abort());
	const told: (Contact | undefined)[] = [];
	const note = (event: JobEvent) => {
		if (event.type === 'progress') told.push((event.data as { metadata: { contact?: Contact } }).metadata.contact);
	};
	void (async () => {
		const watch = { owner: 'local', follow: [{ jobId: id, after: 0 }], feed: false, snapshots: true };
		for await (const { transients } of app.live.watch(watch, gone.signal)) transients.forEach(note);
	})();
	await settle();
	/** After so many ms more. */
	const after = async (ms: number) => {
		await clock.advance(ms);
		return told.at(-1);
	};
	return { app, id, clock, after };
}

describe('how a run stands with its provider', () => {
	test('BY-12 a stream: asked, heard with the time, keepalives too, and what the provider says of the response', async () => {
		const [begins, queued, works] = [new Gate(), new Gate(), new Gate()];
		const provider = new FakeProvider([
			...[() => begins.passed, created(), () => queued.passed],
			...[{ cursor: 1, type: 'alive', status: 'queued' } as const, () => works.passed],
			...[{ cursor: 2, type: 'text', itemId: 'm', part: 0, text: 'x' } as const, 'silence' as const]
		]);
		const { after, clock } = await watched(provider);
		expect(await after(1_000)).toEqual({ way: 'stream', heardAt: null, state: null });
		begins.open();
		await settle();
		const bornAt = clock.now();
		expect(await after(3_000)).toEqual({ way: 'stream', heardAt: bornAt, state: null });
		queued.open();
		await settle();
		const queuedAt = clock.now();
		expect(await after(2_000)).toEqual({ way: 'stream', heardAt: queuedAt, state: 'queued' });
		works.open();
		await settle();
		expect(await after(1_000)).toMatchObject({ way: 'stream', state: 'in_progress' });
	});

	test('BY-12 a stream that was cut is being retried until it is found again', async () => {
		const found = new Gate();
		const provider = new FakeProvider(
			[created(), { cursor: 1, type: 'alive' }],
			[() => found.passed, { cursor: 2, type: 'alive' }, 'silence']
		);
		const { after } = await watched(provider);
		expect(await after(1_000)).toMatchObject({ way: 'retrying' });
		found.open();
		await settle();
		expect(await after(1_000)).toMatchObject({ way: 'stream' });
	});

	test.for([
		['provider_rate_limit', 'refused', true, true],
		['provider_rate_limit', 'refused', true, false],
		['provider_paused', 'paused', false, true],
		['provider_unreachable', 'retrying', false, true]
	] as const)(
		'BY-12 between two tries after %s it is %s, heard: %s, streaming: %s',
		async ([code, way, isHeard, stream]) => {
			const busy = new ProviderError(code, 'Fake does not serve.', { sent: 'no', retry: { after: 20 } });
			const { after } = await watched(new FakeProvider([busy]), askingSteps(), { stream });
			const contact = await after(5_000);
			expect(contact).toMatchObject({ way, state: null });
			expect(contact?.heardAt !== null).toBe(isHeard);
		}
	);

	test('BY-12 a response that can only be asked for is polled, and a provider that does not answer is being retried', async () => {
		const provider = new FakeProvider([created()]);
		const unanswered = async () => {
			throw new ProviderError('provider_connection', 'Fake does not answer.');
		};
		// Twice: the wait after the first may pass between two ticks of the bar, a second apart.
		const replies = [async () => outcome('queued'), unanswered, unanswered, async () => outcome('in_progress')];
		provider.onFetch = () => (replies.shift() ?? (async () => outcome('in_progress')))();
		const { after, clock } = await watched(provider, askingSteps(), { stream: false });
		expect(await after(1_000)).toMatchObject({ way: 'poll', state: null });
		expect(await after(2_000)).toMatchObject({ way: 'poll', state: 'queued' });
		const ways = new Set<string | undefined>();
		for (let second = 0; second < 40; second += 1) ways.add((await after(1_000))?.way);
		expect([...ways].toSorted()).toEqual(['poll', 'retrying']);
		expect(await after(1_000)).toMatchObject({ way: 'poll', state: 'in_progress' });
		expect((await after(0))?.heardAt).toBeLessThanOrEqual(clock.now());
	});

	test('BY-12 between two requests nothing is open, and a picture is heard like a text', async () => {
		const drawing = new Gate();
		const provider = new FakeProvider([created(), ended(1)]);
		provider.images = [[{ type: 'accepted' }, () => drawing.passed, ...drawn()]];
		const next = new Gate();
		const run = stepsThat(async (ctx) => {
			ctx.phase('first');
			for await (const { type } of ctx.provider.respond({ input: 'x' })) if (type === 'ended') break;
			await Promise.race([next.passed, untilStopped(ctx.signal)]);
			const picture = { prompt: 'a lighthouse', count: 1, partialImages: 1, images: [] };
			for await (const { type } of ctx.provider.image(picture, 'draw')) if (type === 'ended') break;
			return untilStopped(ctx.signal);
		});
		const { after } = await watched(provider, run);
		expect(await after(1_000)).toMatchObject({ way: 'none', state: null });
		next.open();
		await settle();
		expect(await after(1_000)).toMatchObject({ way: 'stream' });
		drawing.open();
		await settle();
		expect(await after(1_000)).toMatchObject({ way: 'none' });
	});

	test('BY-12 a snapshot carries it while the job runs; a job without a provider and an ended one have none', async () => {
		const { app, id, after } = await watched(new FakeProvider());
		await after(1_000);
		expect((await app.jobs.snapshot('local', id)).contact).toMatchObject({ way: 'stream' });
		await app.jobs.cancel('local', id);
		expect((await jobEnded(app, id)).contact).toBeNull();
		const alone = await watched(
			new FakeProvider(),
			stepsThat(async (ctx) => {
				ctx.phase('first');
				return untilStopped(ctx.signal);
			})
		);
		expect(await alone.after(3_000)).toBeUndefined();
		expect((await alone.app.jobs.snapshot('local', alone.id)).contact).toBeNull();
	});
});

test('BY-12 CH-05 vectors are heard of too, and a response that is open beside them goes on telling how the run stands', async () => {
	const provider = new FakeProvider([created(), 'silence']);
	const [asked, embedded] = [new Gate(), new Gate()];
	const run = stepsThat(async (ctx) => {
		await ctx.provider.embed(['tea'], 'vectors');
		await asked.passed;
		for await (const { type } of ctx.provider.respond({ input: 'x' }))
			if (type === 'created') await ctx.provider.embed(['water'], 'vectors').then(() => embedded.open());
		return { sum: 1 };
	});
	const { after, clock } = await watched(provider, run);
	const heardAt = clock.now();
	expect(await after(1_000)).toEqual({ way: 'none', heardAt, state: null });
	asked.open();
	await embedded.passed;
	expect(await after(1_000)).toMatchObject({ way: 'stream', heardAt: heardAt + 1_000 });
	expect(provider.calls).toEqual(['embed 1', 'create', 'embed 1']);
});
