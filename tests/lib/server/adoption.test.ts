import { describe, expect, test } from 'vitest';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import type { OperationRun, ProviderEvent, ResponseRequest } from '$lib/operations/operation.ts';
import type { ResearchState } from '$lib/operations/research/model.ts';
import research from '$lib/operations/research/run.server.ts';
import type { App } from '$lib/server/app.ts';
import { ProviderError } from '$lib/server/providers/errors.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../support/app.ts';
import { settle } from '../../support/fake-clock.ts';
import { askingSteps, Gate, stepsThat } from '../../support/operations.ts';
import { created, ended as providerEnded, FakeProvider, hungUp, outcome, type Step } from './fake-provider.ts';

/**
 * A process that stands still and one that was killed are the same to the other: it holds nothing, writes nothing and
 * never comes back. Each case stops the first one at another moment; the second one takes the job up.
 */
const resumable = { can: { finishNow: false, resumable: true, repeatable: false } };
const forever = () => new Promise<never>(() => undefined);
const text = (cursor: number, words: string): Step => ({ cursor, type: 'text', itemId: 'm', part: 0, text: words });
const done = (cursor: number, words: string) => providerEnded(cursor, outcome('completed', { text: words }));
const hasId = (app: App, id: string) => until(app, id, ({ responseId }) => responseId !== null);
const hasText = (app: App, id: string) => until(app, id, ({ content }) => content.report !== undefined);
const called = (provider: FakeProvider, call: string) => async () => {
	await expect.poll(() => provider.count(call)).toBeGreaterThan(0);
	await settle();
};

interface Case {
	first: FakeProvider;
	second: FakeProvider;
	/** Brings the job to where the first process stands still. */
	at(app: App, id: string): Promise<unknown>;
	run?: OperationRun;
	secondRun?: OperationRun;
}

async function takenUp({ first, second, at, run = askingSteps(resumable), secondRun = run }: Case) {
	const dataDir = temporaryFolder();
	const lost = await makeApp({ dataDir, provider: first, runs: runsOf(run) });
	const { id } = await start(lost, run.model.id, run.model.id === 'steps' ? {} : { query: 'Why?', depth: 'quick' });
	await at(lost, id);
	const app = await makeApp({ dataDir, provider: second, runs: runsOf(secondRun) });
	const snapshot = await ended(app, id);
	const events = await allEvents(app, id);
	expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
	return { snapshot, events, creates: first.count('create') + second.count('create') };
}

/** Does its work, then stands still at the gate. */
const stopsAfter = (gate: () => Promise<unknown>) =>
	stepsThat(async (ctx) => {
		ctx.phase('first');
		for await (const event of ctx.provider.respond({ input: 'work' })) {
			if (event.type === 'text') ctx.content('report', event.text);
			if (event.type === 'ended') ctx.content('report', event.outcome.text, true);
		}
		ctx.phase('third');
		await gate();
		return { sum: 1 };
	}, resumable);

describe('a process that is lost', () => {
	test('BY-02 between the create and its answer: an unknown outcome, with one create in all', async () => {
		const first = new FakeProvider([forever]);
		const { snapshot, creates } = await takenUp({ first, second: new FakeProvider(), at: called(first, 'create') });
		expect(snapshot).toMatchObject({ status: 'failed', error: { code: 'unknown_outcome' }, cost: { known: false } });
		expect(creates).toBe(1);
	});

	test('BY-01 right after the id: the stream is taken up from its first event', async () => {
		const first = new FakeProvider([created(0), 'silence']);
		const second = new FakeProvider([], [text(1, 'one '), text(2, 'two'), done(3, 'one two')]);
		const { snapshot, creates } = await takenUp({ first, second, at: hasId });
		expect(snapshot).toMatchObject({ status: 'succeeded', content: { report: 'one two' } });
		expect([creates, second.calls]).toEqual([1, ['resume 0']]);
	});

	test('BY-01 in the middle of the text: what was stored is shown once, and the rest follows', async () => {
		const first = new FakeProvider([created(0), text(1, 'one '), 'silence']);
		const second = new FakeProvider([], [text(2, 'two'), done(3, 'one two')]);
		const { snapshot, events, creates } = await takenUp({ first, second, at: hasText });
		const pieces = events.filter(({ type }) => type === 'content').map(({ data }) => (data as { text: string }).text);
		expect(pieces.join('')).toBe('one two');
		expect(snapshot.notices).toMatchObject([{ code: 'reconnected' }]);
		expect([creates, second.calls]).toEqual([1, ['resume 1']]);
	});

	test('BY-01 too long ago for the stream: it is asked for its result instead', async () => {
		const first = new FakeProvider([created(0), text(1, 'one '), 'silence']);
		const { HeadwayError } = await import('$lib/jobs/error.ts');
		const second = new FakeProvider([], [new HeadwayError('provider_gone', 'Too old.')]);
		second.onFetch = async () => outcome('completed', { text: 'one two' });
		const { snapshot, creates } = await takenUp({ first, second, at: hasText });
		expect(snapshot).toMatchObject({ status: 'succeeded', result: { sum: 7 } });
		expect(snapshot.notices).toMatchObject([{ code: 'reconnected' }]);
		expect([creates, second.calls]).toEqual([1, ['resume 1', 'fetch']]);
	});

	test('BY-01 CX-10 after the last event of the provider and before the end: read again, billed once', async () => {
		const first = new FakeProvider([created(0), text(1, 'one'), done(2, 'one')]);
		const second = new FakeProvider([], [done(2, 'one')]);
		const standing = stopsAfter(forever);
		const { snapshot, creates } = await takenUp({
			...{ first, second, run: standing, secondRun: stopsAfter(async () => undefined) },
			at: (app, id) => until(app, id, ({ phase }) => phase === 'third')
		});
		expect(snapshot).toMatchObject({
			...{ status: 'succeeded', content: { report: 'one' }, cost: { usd: 0.02, known: true } }
		});
		expect(creates).toBe(1);
	});

	test('BY-01 BY-05 while it cleans up after a cancel: the next one cancels, and says so', async () => {
		const first = new FakeProvider([created(0), 'silence']);
		first.onCancel = forever;
		const second = new FakeProvider();
		const { snapshot, creates } = await takenUp({
			...{ first, second },
			at: async (app, id) => {
				await hasId(app, id);
				await app.jobs.cancel('local', id);
				await called(first, 'cancel')();
			}
		});
		expect(snapshot).toMatchObject({ status: 'cancelled', receipt: { reason: 'user', provider: 'confirmed' } });
		expect([creates, second.calls]).toEqual([1, ['cancel']]);
	});

	test('BY-01 at a provider without background mode: interrupted, with what it had, and not asked again', async () => {
		const without = { background: false, webSearch: true, images: true, structured: true, embeddings: true };
		const first = new FakeProvider([created(0), text(1, 'one '), 'silence']);
		const second = new FakeProvider();
		for (const provider of [first, second]) provider.can = without;
		const { snapshot, creates } = await takenUp({ first, second, at: hasText });
		expect(snapshot).toMatchObject({
			...{ status: 'failed', error: { code: 'interrupted' }, content: { report: 'one ' }, cost: { known: false } }
		});
		expect(creates).toBe(1);
	});

	test('BY-01 where background mode was refused: interrupted, with what it had, and its response not asked for', async () => {
		const first = new RefusingBackground([created(0), text(1, 'one '), 'silence']);
		const second = new FakeProvider();
		const { snapshot, creates } = await takenUp({ first, second, at: hasText });
		expect(snapshot).toMatchObject({
			...{ status: 'failed', error: { code: 'interrupted' }, content: { report: 'one ' }, cost: { known: false } }
		});
		expect([creates, second.calls]).toEqual([2, []]);
	});
});

/** It says that it runs in the background, and refuses to when it is asked, as vLLM without its store. */
class RefusingBackground extends FakeProvider {
	override create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		const events = super.create(request, signal);
		if (!request.background) return events;
		throw new ProviderError('provider_bad_request', 'No background here.', { param: 'background' });
	}
}

/** One script for the request that searches, another for the one that writes the report. */
class Finishing extends FakeProvider {
	readonly writer: FakeProvider;

	constructor(gathering: readonly Step[], writer: readonly Step[], resumed?: readonly Step[]) {
		super(gathering, resumed);
		this.writer = new FakeProvider(writer);
	}

	override create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		if (request.webSearch) return super.create(request, signal);
		this.calls.push('create report');
		return this.writer.create(request, signal);
	}
}

describe('a process that is lost while it finishes early', () => {
	const search: Step = {
		...{ cursor: 1, type: 'web', itemId: 'w1', state: 'completed' },
		action: { kind: 'search', queries: ['sky'], sources: ['https://a.example/'] }
	};
	const gathering: Step[] = [created(0), search, 'silence'];
	const message: Step = { cursor: 1, type: 'message', itemId: 'm', phase: null };
	const written: Step[] = [created(0), message, text(2, 'Blue.'), done(3, 'Blue.')];
	const searched = ({ state }: JobSnapshot) => (state as ResearchState).calls.length > 0;
	const finishing = (reached: (app: App, id: string) => Promise<unknown>) => async (app: App, id: string) => {
		await until(app, id, searched);
		await app.jobs.finish('local', id);
		await reached(app, id);
	};
	const early = (facts: object) => ({ status: 'succeeded', result: { report: 'Blue.', complete: false }, ...facts });

	test('BY-06 BY-01 before the provider has stopped: the next one stops it, and writes the report', async () => {
		const first = new Finishing(gathering, written);
		first.onCancel = forever;
		const second = new Finishing([], written, [providerEnded(2, outcome('cancelled'))]);
		const { snapshot, creates } = await takenUp({
			...{ first, second, run: research as OperationRun, at: finishing(called(first, 'cancel')) }
		});
		expect(snapshot).toMatchObject(early({ cost: { usd: 0.04, known: true } }));
		expect([creates, second.calls]).toEqual([2, ['cancel', 'resume 1', 'create report']]);
	});

	test('BY-06 BY-02 between the second create and its answer: an unknown outcome, and it is not asked again', async () => {
		const first = new Finishing(gathering, [forever]);
		const second = new Finishing([], written);
		const { snapshot, creates } = await takenUp({
			...{ first, second, run: research as OperationRun, at: finishing(called(first, 'create report')) }
		});
		expect(snapshot).toMatchObject({
			...{ status: 'failed', error: { code: 'unknown_outcome' }, state: { calls: [{ query: 'sky' }] } },
			// What the search was billed is known, and not forgotten with what is not.
			...{ cost: { usd: 0.02, known: false }, usage: { inputTokens: 100 } }
		});
		expect([creates, second.calls]).toEqual([2, []]);
	});

	test('BY-06 BY-01 while the report is written: the next one goes on with it, and gathers nothing again', async () => {
		const first = new Finishing(gathering, [created(0), message, text(2, 'Bl'), 'silence']);
		const second = new Finishing([], [], [text(3, 'ue.'), done(4, 'Blue.')]);
		const { snapshot, creates } = await takenUp({
			...{ first, second, run: research as OperationRun, at: finishing(hasText) }
		});
		expect(snapshot).toMatchObject(early({ content: { report: 'Blue.' }, cost: { usd: 0.04, known: true } }));
		expect([creates, second.calls]).toEqual([2, ['resume 2']]);
	});

	test('BY-06 BY-01 when the research had completed meanwhile: its whole report stands', async () => {
		const first = new Finishing(gathering, written);
		first.onCancel = forever;
		const second = new Finishing([], written, [text(2, 'Whole.'), done(3, 'Whole.')]);
		second.onCancel = async () => ({ provider: 'already_ended', outcome: outcome('completed', { text: 'Whole.' }) });
		const { snapshot, creates } = await takenUp({
			...{ first, second, run: research as OperationRun, at: finishing(called(first, 'cancel')) }
		});
		expect(snapshot).toMatchObject({ status: 'succeeded', result: { report: 'Whole.', complete: true } });
		expect(creates).toBe(1);
	});
});

describe('a process that stood still past its lease and goes on', () => {
	test('BY-01 CX-06 while it was cancelling writes nothing and ends nothing: there is one receipt', async () => {
		const gate = new Gate();
		const first = new FakeProvider([created(0), 'silence']);
		first.onCancel = async () => {
			await gate.passed;
			return { provider: 'confirmed', outcome: outcome('cancelled', { cost: { usd: 9, known: true } }) };
		};
		const { snapshot, events } = await takenUp({
			...{ first, second: new FakeProvider() },
			at: async (app, id) => {
				await hasId(app, id);
				await app.jobs.cancel('local', id);
				await called(first, 'cancel')();
			}
		});
		gate.open();
		await settle();
		expect(snapshot.cost).toEqual({ usd: 0.02, known: true });
		expect(events.filter(({ type }) => type === 'cancelled')).toHaveLength(1);
	});

	test('BY-01 BY-06 while it was finishing early asks for no second report', async () => {
		const gate = new Gate();
		const search: Step = {
			...{ cursor: 1, type: 'web', itemId: 'w1', state: 'completed' },
			action: { kind: 'search', queries: ['sky'], sources: ['https://a.example/'] }
		};
		const writes: Step[] = [created(0), done(1, 'Blue.')];
		const first = new Finishing([created(0), search, 'silence'], writes);
		first.onCancel = (signal) =>
			Promise.race([
				gate.passed.then(() => ({ provider: 'confirmed' as const, outcome: outcome('cancelled') })),
				hungUp(signal)
			]);
		const second = new Finishing([], writes, [providerEnded(2, outcome('cancelled'))]);
		const { snapshot } = await takenUp({
			...{ first, second, run: research as OperationRun },
			at: async (app, id) => {
				await until(app, id, ({ state }) => (state as ResearchState).calls.length > 0);
				await app.jobs.finish('local', id);
				await called(first, 'cancel')();
			}
		});
		gate.open();
		await expect.poll(() => first.signals.every(({ aborted }) => aborted)).toBe(true);
		await settle();
		expect(snapshot.status).toBe('succeeded');
		expect([...first.calls, ...second.calls].filter((call) => call === 'create report')).toHaveLength(1);
	});
});
