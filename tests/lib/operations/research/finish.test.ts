import { describe, expect, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import type { ProviderEvent, ProviderOutcome, ResponseRequest } from '$lib/operations/operation.ts';
import type { ResearchState } from '$lib/operations/research/model.ts';
import research from '$lib/operations/research/run.server.ts';
import type { App } from '$lib/server/app.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../../support/app.ts';
import { Gate } from '../../../support/operations.ts';
import {
	created,
	ended as providerEnded,
	FakeProvider,
	hungUp,
	outcome,
	type Step
} from '../../server/fake-provider.ts';

const query = 'Why is the sky blue?';
const search = (cursor: number, text: string, sources: string[] = ['https://a.example/page']): ProviderEvent => ({
	...{ cursor, type: 'web', itemId: `w${cursor}`, state: 'completed' },
	action: { kind: 'search', queries: [text], sources }
});
const message = (cursor: number): ProviderEvent => ({ cursor, type: 'message', itemId: 'm', phase: null });
const write = (cursor: number, text: string): ProviderEvent => ({ cursor, type: 'text', itemId: 'm', part: 0, text });
const written = 'Blue, it scatters ([A](https://a.example/page)).';
const report = (cursor: number) => providerEnded(cursor, outcome('completed', { text: written }));
const gathered: Step[] = [created(0), search(1, 'sky colour'), 'silence'];
const writing: Step[] = [created(0), message(1), write(2, written), report(3)];

/** Plays one script for the request that searches, another for the one that writes. */
class Finishing extends FakeProvider {
	readonly writer: FakeProvider;

	constructor(gathering: readonly Step[] = gathered, writer: readonly Step[] = writing, resumed?: readonly Step[]) {
		super(gathering, resumed);
		this.writer = new FakeProvider(writer);
	}

	override create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		if (request.webSearch) return super.create(request, signal);
		this.calls.push('create finish');
		return this.writer.create(request, signal);
	}
}

const searched = ({ state }: JobSnapshot) => (state as ResearchState).calls.length > 0;

/** A research that has searched and goes on, at the provider. */
async function gathering(provider: FakeProvider, dataDir = temporaryFolder()) {
	const app = await makeApp({ provider, dataDir, runs: runsOf(research) });
	const { id } = await start(app, 'research', { query, depth: 'quick' });
	await until(app, id, searched);
	return { app, id, dataDir };
}

const finish = async (app: App, id: string) => {
	await app.jobs.finish('local', id);
	return ended(app, id);
};

describe('finish now', () => {
	test('BY-06 ends the gathering at the provider and writes the report from what there is, in one bounded request without searches', async () => {
		const provider = new Finishing();
		const { app, id } = await gathering(provider);
		const snapshot = await finish(app, id);
		expect(provider.calls).toEqual(['create', 'cancel', 'create finish']);
		const [asked] = provider.writer.requests;
		expect(asked?.webSearch).toBeUndefined();
		expect(asked).toMatchObject({ maxOutputTokens: 3_000, effort: 'low' });
		expect(asked?.input).toBe(
			`Question:\n${query}\n\nSearches:\n- sky colour\n\nSources:\n[1] https://a.example/page - https://a.example/page`
		);
		expect(snapshot).toMatchObject({
			status: 'succeeded',
			phase: 'synthesizing',
			content: { report: 'Blue, it scatters [1](#source-1).' },
			result: { complete: false, queries: ['sky colour'], sources: [{ id: 1, url: 'https://a.example/page' }] },
			state: { early: { searches: 1, sources: 1 } }
		});
		expect(snapshot.notices.map(({ code, message }) => [code, message])).toEqual([
			['incomplete', 'Finished early, as asked: written from 1 search and 1 source, before the research was over.']
		]);
	});

	test('BY-06 CX-10 costs what both requests cost', async () => {
		const { app, id } = await gathering(new Finishing());
		expect(await finish(app, id)).toMatchObject({ cost: { usd: 0.04, known: true }, usage: { inputTokens: 200 } });
	});

	test('BY-06 a research that was completed meanwhile simply has its result: nothing is written twice', async () => {
		const provider = new Finishing();
		const whole = outcome('completed', { text: 'The whole report.' });
		provider.onCancel = async () => ({ provider: 'already_ended', outcome: whole });
		const { app, id } = await gathering(provider);
		expect(await finish(app, id)).toMatchObject({
			status: 'succeeded',
			content: { report: 'The whole report.' },
			result: { complete: true },
			cost: { usd: 0.02, known: true }
		});
		expect(provider.calls).toEqual(['create', 'cancel']);
	});

	test('BY-06 a report that is being written goes on, and finish now is refused with a sentence', async () => {
		const gate = new Gate();
		const provider = new Finishing([
			created(0),
			search(1, 'sky colour'),
			message(2),
			write(3, 'Blue'),
			() => gate.passed,
			report(4)
		]);
		const { app, id } = await gathering(provider);
		await until(app, id, ({ content }) => content.report === 'Blue');
		await expect(app.jobs.finish('local', id)).rejects.toThrow('being written already');
		gate.open();
		expect(await ended(app, id)).toMatchObject({ status: 'succeeded', result: { complete: true } });
		expect(provider.calls).toEqual(['create']);
	});

	test('BY-06 a finish that arrives as the report begins lets it go on, and says so', async () => {
		const gate = new Gate();
		const provider = new Finishing([created(0), search(1, 'sky colour'), message(2), () => gate.passed, report(3)]);
		const { app, id } = await gathering(provider);
		await until(app, id, ({ phase }) => phase === 'synthesizing');
		await app.jobs.finish('local', id);
		const said = await until(app, id, ({ notices }) => notices.length > 0);
		expect(said.notices).toMatchObject([{ code: 'already_writing' }]);
		gate.open();
		expect(await ended(app, id)).toMatchObject({ status: 'succeeded', result: { complete: true } });
		expect(provider.calls).toEqual(['create']);
	});

	test('BY-06 without anything found it is refused with a sentence, and nothing changes', async () => {
		const provider = new Finishing([created(0), 'silence']);
		const app = await makeApp({ provider, runs: runsOf(research) });
		const { id } = await start(app, 'research', { query });
		await until(app, id, ({ responseId }) => responseId !== null);
		await expect(app.jobs.finish('local', id)).rejects.toThrow('Nothing was found yet');
		expect(await app.jobs.snapshot('local', id)).toMatchObject({ status: 'running', finishRequestedAt: null });
		expect(provider.calls).toEqual(['create']);
	});

	test('BY-06 twice, and from several tabs at once, is once', async () => {
		const provider = new Finishing();
		const { app, id } = await gathering(provider);
		await Promise.all(Array.from({ length: 5 }, () => app.jobs.finish('local', id)));
		await ended(app, id);
		const types = (await allEvents(app, id)).map(({ type }) => type);
		expect(types.filter((type) => type === 'finishing')).toHaveLength(1);
		expect(provider.calls).toEqual(['create', 'cancel', 'create finish']);
	});

	test('BY-06 a job that waits in the queue cannot be finished early', async () => {
		const app = await makeApp({ provider: new Finishing(), runs: runsOf(research), env: { HEADWAY_MAX_RUNNING: '1' } });
		const first = await start(app, 'research', { query });
		await until(app, first.id, searched);
		const second = await start(app, 'research', { query });
		await expect(app.jobs.finish('local', second.id)).rejects.toThrow('Only a running job');
	});

	test('BY-06 where the provider cannot be told to stop, hanging up is the stop, and the cost is a lower bound', async () => {
		const provider = new Finishing();
		provider.can = { ...provider.can, background: false };
		const { app, id } = await gathering(provider);
		expect(await finish(app, id)).toMatchObject({ status: 'succeeded', cost: { usd: 0.02, known: false } });
		expect(provider.signals[0]?.aborted).toBe(true);
		expect(provider.calls).toEqual(['create', 'create finish']);
	});

	test('BY-06 CX-10 a stop that the provider does not confirm keeps nobody waiting, and is said to be unpaid as yet', async () => {
		const provider = new Finishing();
		provider.onCancel = (signal) => hungUp(signal);
		provider.onFetch = (signal) => hungUp(signal);
		const { app, id } = await gathering(provider);
		const snapshot = await finish(app, id);
		expect(snapshot).toMatchObject({ status: 'succeeded', cost: { usd: 0.02, known: false } });
		expect((await app.queries.get('local', id)).bills).toMatchObject({ '': { usage: null, responseId: /^resp_/ } });
	}, 30_000);

	test('BY-06 a run that is polled loses no search that the provider knows of', async () => {
		const provider = new Finishing([created(0), search(1, 'first')]);
		const items = [search(1, 'first'), search(2, 'second', ['https://b.example/'])];
		provider.onFetch = (signal) => hungUp(signal);
		provider.onCancel = async () => ({ provider: 'confirmed', outcome: outcome('cancelled', { items }) });
		const { app, id } = await gathering(provider);
		const snapshot = await finish(app, id);
		expect(snapshot.result).toMatchObject({ queries: ['first', 'second'] });
		expect(provider.writer.requests[0]?.input).toContain('https://b.example/');
	});

	test.each<[string, Partial<ProviderOutcome>]>([
		['an error of the model', { status: 'failed', error: new HeadwayError('provider_error', 'It broke.') }],
		['a refusal', { refusal: 'No.' }]
	])(
		'BY-06 %s while the report is written fails the job; what was gathered is kept, and both are paid',
		async (_, end) => {
			const provider = new Finishing(gathered, [created(0), providerEnded(1, outcome(end.status ?? 'completed', end))]);
			const { app, id } = await gathering(provider);
			expect(await finish(app, id)).toMatchObject({
				status: 'failed',
				state: { calls: [{ query: 'sky colour' }] },
				receipt: { kept: ['1 search', '1 source'] },
				cost: { usd: 0.04, known: true }
			});
		}
	);

	test('BY-06 BY-02 a report whose request got no answer is an unknown outcome, and is not asked for again', async () => {
		const provider = new Finishing(gathered, [new HeadwayError('unknown_outcome', 'Lost.')]);
		const { app, id } = await gathering(provider);
		expect(await finish(app, id)).toMatchObject({
			status: 'failed',
			error: { code: 'unknown_outcome' },
			cost: { usd: 0.02, known: false }
		});
		expect(provider.calls).toEqual(['create', 'cancel', 'create finish']);
	});
});

describe('the price of finishing now', () => {
	test('BY-06 is said before: bounded, and null where the model has no price', async () => {
		const { app, id } = await gathering(new Finishing());
		const quote = await app.jobs.finishQuote('local', id);
		expect(quote).toMatchObject({ usd: null, outputTokens: 3_000 });
		expect(quote.inputTokens).toBeGreaterThan(1_000);
		expect(quote.inputTokens).toBeLessThan(3_000);
		expect(quote.sentence).toMatch(
			/^What it costs more is not known: Fake has no price here\. It asks for at most about /
		);
	});

	test('BY-06 is what the bounds of the second request cost at the model’s price', async () => {
		const priced = { ...created(0), model: 'gpt-5.4' } as ProviderEvent;
		const provider = new Finishing([priced, search(1, 'sky colour'), 'silence']);
		const app = await makeApp({ provider, runs: runsOf(research) });
		const { id } = await start(app, 'research', { query, depth: 'quick', model: 'gpt-5.4' });
		await until(app, id, searched);
		const quote = await app.jobs.finishQuote('local', id);
		// 2.50 and 15 dollars for a million tokens.
		expect(quote.usd).toBeCloseTo((quote.inputTokens * 2.5 + 3_000 * 15) / 1_000_000, 6);
		expect(quote.sentence).toMatch(/^At most about \$0\.05 more \(/);
	});

	test('BY-06 of the demo is nothing', async () => {
		const app = await makeApp({ env: { HEADWAY_DEMO_PACE: '4' } });
		const { id } = await start(app, 'research', { query: 'How do tides work?', depth: 'quick' });
		await until(app, id, searched);
		expect(await app.jobs.finishQuote('local', id)).toMatchObject({ usd: 0, sentence: expect.stringMatching(/free/) });
	}, 20_000);
});

describe('at the demo', () => {
	test('BY-06 a research that is finished early has a report with the sources that were found, and no others', async () => {
		const app = await makeApp({ env: { HEADWAY_DEMO_PACE: '4' } });
		const { id } = await start(app, 'research', { query: 'How do tides work?', depth: 'deep' });
		await until(app, id, ({ state }) => (state as ResearchState).sources.length > 2);
		const snapshot = await finish(app, id);
		const { result, state } = snapshot as JobSnapshot<ResearchState, { report: string; sources: { url: string }[] }>;
		expect(snapshot).toMatchObject({ status: 'succeeded', cost: { usd: 0, known: true }, error: null });
		expect(result?.report).toMatch(/The search was ended early/);
		expect(result?.sources.length).toBeGreaterThan(0);
		const found = new Set(state.sources.map(({ url }) => url));
		expect(result?.sources.filter(({ url }) => !found.has(url))).toEqual([]);
	}, 30_000);
});
