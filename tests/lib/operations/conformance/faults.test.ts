import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { Frame } from '$lib/server/live/watch.ts';
import { expect, test } from 'vitest';
import {
	defineOperation,
	defineRun,
	type AnyModel,
	type OperationRun,
	type RunContext
} from '$lib/operations/operation.ts';
import { makeApp, runsOf } from '../../../support/app.ts';
import { rules } from './index.ts';
import { Subject, type ConformanceOptions } from './subject.ts';

/** An operation that keeps to every rule, and that each test below makes worse in one respect. */
const decent = defineOperation({
	id: 'decent',
	title: 'Decent',
	description: 'Counts to ten.',
	icon: 'list',
	input: z.strictObject({ text: z.string().max(20_000) }),
	result: z.object({ count: z.number().int() }),
	phases: [
		{ name: 'counting', label: 'Counting', weight: 50 },
		{ name: 'telling', label: 'Telling', weight: 50 }
	],
	events: { counted: z.object({ n: z.number() }) },
	state: () => ({ counted: [] as number[] }),
	reduce: (state, event) => ({ counted: [...state.counted, event.data.n] }),
	titleOf: ({ text }) => text.slice(0, 60),
	keptOf: ({ counted }) => [`${counted.length} numbers`],
	finishingOf: () => ({ inputTokens: 0, outputTokens: 0 }),
	limits: { timeoutMs: 60_000, running: 4 },
	can: { finishNow: true, resumable: false, repeatable: true },
	typicalMs: 1_000
});
type Context = RunContext<typeof decent>;
const input = { text: 'some text' };

async function count(ctx: Context): Promise<{ count: number }> {
	ctx.defer('the counter', () => undefined);
	ctx.phase('counting');
	// Taken up again, it goes on behind what it has shown.
	for (let n = (ctx.resumed?.state.counted.length ?? 0) + 1; n <= 10 && !ctx.finishing.aborted; n += 1) {
		ctx.emit('counted', { n });
		ctx.progress(n / 10, 'measured');
		await sleep(20, undefined, { signal: ctx.signal });
	}
	ctx.phase('telling');
	await ctx.artifact({ name: 'count.txt', mediaType: 'text/plain', bytes: '10' });
	await sleep(50, undefined, { signal: ctx.signal });
	return { count: 10 };
}

interface Fault {
	/** Part of the rule that it breaks, and of what the rule says then. */
	rule: string;
	says: RegExp;
	model?: Partial<AnyModel>;
	work?(ctx: Context): Promise<unknown>;
	options?: ConformanceOptions;
}

let parsed = 0;
let reduced = 0;
const faults: Record<string, Fault> = {
	'a result that is not of its schema': {
		rule: 'succeeds with a result',
		says: /the run failed: .*\n.*expected number(.|\n)*at count/,
		work: async (ctx) => (await count(ctx), { count: 'ten' })
	},
	'no phase': {
		rule: 'succeeds with a result',
		says: /does not enter its phases/,
		work: async () => ({ count: 10 })
	},
	'phases in another order': {
		rule: 'succeeds with a result',
		says: /does not enter its phases/,
		work: async (ctx) => (ctx.phase('telling'), count(ctx))
	},
	'a phase that it has not declared': {
		rule: 'succeeds with a result',
		says: /the run failed: .*\n.*operation decent has no phase tasting/,
		work: async (ctx) => (ctx.phase('tasting' as 'counting'), count(ctx))
	},
	'an event that it has not declared': {
		rule: 'succeeds with a result',
		says: /the run failed: .*\n.*heard/,
		work: async (ctx) => (ctx.emit('heard' as 'counted', { n: 1 }), count(ctx))
	},
	'a run that needs a stream': {
		rule: 'works without streaming',
		says: /without streaming failed: .*\n.*no stream/,
		work: async (ctx) => {
			if (!ctx.streaming) throw new Error('no stream');
			return count(ctx);
		}
	},
	'an input that parses only once': {
		rule: 'started twice',
		says: /./,
		model: { input: decent.input.refine(() => parsed++ % 2 === 0) }
	},
	'an input that takes anything': { rule: 'refuses input', says: /is taken as input/, model: { input: z.any() } },
	'a reducer that changes the state it is given': {
		rule: 'folds its events purely',
		says: /frozen state/,
		model: {
			reduce: (state: { counted: number[] }, event: { data: { n: number } }) => (
				state.counted.push(event.data.n),
				state
			)
		}
	},
	'a reducer that counts by itself': {
		rule: 'folds its events purely',
		says: /another state/,
		model: { reduce: () => ({ counted: [++reduced] }) }
	},
	'a state that is no JSON': {
		rule: 'folds its events purely',
		says: /not JSON/,
		model: { reduce: () => ({ counted: [], at: new Date(0) }) }
	},
	'a state that all runs share': {
		rule: 'folds its events purely',
		says: /shared/,
		model: ((state) => ({ state: () => state }))({ counted: [] })
	},
	'a title as long as its input': {
		rule: 'names its jobs',
		says: /long title/,
		model: { titleOf: ({ text }: { text: string }) => text }
	},
	'another title each time': {
		rule: 'names its jobs',
		says: /another title/,
		model: { titleOf: () => `Title ${++parsed}` }
	},
	'a receipt as long as the work': {
		rule: 'names its jobs',
		says: /too many lines/,
		model: { keptOf: () => Array.from({ length: 500 }, () => 'line') }
	},
	'a server whose bar falls': {
		rule: 'every percentage',
		says: /the bar falls/,
		options: { appWith: tampering((frame) => ({ ...frame, transients: frame.transients.map(lowered) })) }
	},
	'a server whose bar goes beyond its end': {
		rule: 'every percentage',
		says: /the bar stands at 7/,
		options: {
			appWith: tampering((frame) => ({ ...frame, transients: frame.transients.map((event) => shown(event, 7)) }))
		}
	},
	'work that holds the event loop': {
		rule: 'lets its events go',
		says: /half of its events wait/,
		work: async (ctx) => {
			ctx.phase('counting');
			for (let n = 0; n < 8; n += 1) {
				ctx.emit('counted', { n });
				const until = Date.now() + 150;
				while (Date.now() < until);
				await sleep(0);
			}
			return { count: 8 };
		}
	},
	'an ear that is deaf to the stop': {
		rule: 'cancelled in the phase',
		says: /slow to stop/,
		work: async (ctx) => {
			ctx.phase('counting');
			await sleep(8_000, undefined, { ref: false });
			return { count: 1 };
		}
	},
	'a cleanup that fails': {
		rule: 'cancelled in the phase',
		says: /a cleanup failed/,
		work: async (ctx) => {
			ctx.defer('the rest', () => {
				throw new Error('stuck');
			});
			return count(ctx);
		}
	},
	'timers that nobody stops': {
		rule: 'cancelled in the phase',
		says: /timers are left/,
		work: async (ctx) => {
			const timers = Array.from({ length: 5 }, () => setInterval(() => undefined, 1_000));
			setTimeout(() => timers.forEach(clearInterval), 10_000).unref();
			return count(ctx);
		}
	},
	'a stop that it takes for its end': {
		rule: 'ends at its time limit',
		says: /time limit did not end it/,
		work: async (ctx) => {
			ctx.phase('counting');
			await sleep(5_000, undefined, { signal: ctx.signal }).catch(() => undefined);
			return { count: 1 };
		}
	},
	'a promise to finish early that it forgets': {
		rule: 'finishes early',
		says: /never looks/,
		work: async (ctx) => {
			ctx.phase('counting');
			await sleep(100);
			ctx.phase('telling');
			await sleep(400, undefined, { signal: ctx.signal });
			return { count: 1 };
		}
	},
	'no word of what finishing early will ask': {
		rule: 'finishes early',
		says: /does not say what/,
		model: { finishingOf: undefined }
	},
	'a finishing early that it has not announced': {
		rule: 'refuses to be finished',
		says: /./,
		model: { can: { finishNow: false, resumable: false, repeatable: true } },
		options: {
			appWith: () => makeApp({ runs: runsOf(defineRun({ ...decent }, (_, ctx) => count(ctx)) as OperationRun) })
		}
	},
	'a log that shows another state to those who come back': {
		rule: 'left and rejoined',
		says: /shows something else/,
		model: { reduce: () => ({ counted: [++reduced] }) }
	},
	'a repetition that it cannot do': {
		rule: 'when its server is killed',
		says: /./,
		work: async (ctx) => {
			if (ctx.resumed) throw new Error('begun twice');
			return count(ctx);
		}
	},
	'a run that shows all of it again': {
		rule: 'when its server is killed',
		says: /what was shown before is shown twice/,
		work: (ctx) => count(Object.create(ctx, { resumed: { value: null } }) as Context)
	},
	'a receipt that it cannot write when it has nothing': {
		rule: 'names its jobs',
		says: /stopped before its first event/,
		model: { keptOf: ({ counted }: { counted: number[] }) => [`from ${counted[0]!.toFixed()}`] }
	},
	'a server that loses events of a reader who stands still': {
		rule: 'stands still',
		says: /the slow reader has other events/,
		options: { appWith: tampering((frame, n) => (n === 1 ? { ...frame, events: frame.events.slice(1) } : frame)) }
	}
};

/** The same bar at another place. */
function shown(event: JobEvent, fraction: number): JobEvent {
	return event.type === 'progress'
		? { ...event, data: { ...(event.data as object), fraction, basis: 'measured' } }
		: event;
}

/** The same bar, lower each time. */
function lowered(event: JobEvent): JobEvent {
	return shown(event, 1 / (++reduced + 1));
}

/** Makes apps whose first stream changes what it sends: `n` counts the frames with something in them, from 0. */
function tampering(change: (frame: Frame, n: number) => Frame): NonNullable<ConformanceOptions['appWith']> {
	return async ({ env, dataDir }) => {
		const run = defineRun(decent, (_, ctx) => count(ctx)) as OperationRun;
		const app = await makeApp({ env, dataDir, runs: runsOf(run) });
		const watch = app.live.watch.bind(app.live);
		let streams = 0;
		app.live.watch = async function* (...given) {
			const isFirst = streams++ === 0;
			let n = 0;
			for await (const frame of watch(...given)) {
				const empty = frame.events.length + frame.transients.length === 0;
				yield isFirst && !empty ? change(frame, n++) : frame;
			}
		};
		return app;
	};
}

const runOf = ({ model = {}, work }: Fault): OperationRun =>
	defineRun(
		{ ...decent, ...model } as typeof decent,
		(_, ctx) => (work ?? count)(ctx) as Promise<{ count: number }>
	) as OperationRun;

/** What the rule says of the operation; null when it finds nothing wrong. */
async function verdict(name: string, fault: Fault): Promise<string | null> {
	const subject = new Subject(runOf(fault), input, fault.options);
	const rule = rules.find(({ says, each }) => says.replace('%s', each?.(subject).at(-1) ?? '').includes(name));
	if (!rule) throw new Error(`there is no rule "${name}"`);
	const of = rule.each?.(subject) ?? [''];
	return rule.check(subject, rule.says.includes('phase') ? of[0]! : of.at(-1)!).then(
		() => null,
		(error: Error) => error.message
	);
}

test.each(rules.map(({ says, each, asked }) => ({ says, each, asked })))(
	'BY-14 a decent operation passes: it $says',
	async ({ says }) => {
		const rule = rules.find((each) => each.says === says)!;
		const subject = new Subject(runOf({ rule: '', says: /./ }), input);
		const asked = rule.asked?.(subject) ?? true;
		if (asked) for (const of of rule.each?.(subject) ?? ['']) await rule.check(subject, of);
		expect(asked).toBe(!says.startsWith('refuses to be finished'));
	},
	30_000
);

test.each(Object.entries(faults))(
	'BY-14 the suite finds %s',
	async (_, fault) => {
		expect(await verdict(fault.rule, fault)).toMatch(fault.says);
	},
	30_000
);

test('BY-14 every rule has an operation that breaks it', () => {
	const broken = Object.values(faults).map(({ rule }) => rule);
	expect(
		rules.filter(
			({ says }) => !broken.some((part) => says.replace('%s', 'is killed').includes(part) || says.includes(part))
		)
	).toEqual([]);
});
