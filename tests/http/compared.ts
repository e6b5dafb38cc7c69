import { expect } from 'vitest';
import type { App } from '$lib/server/app.ts';
import { makeApp, runsOf, start } from '../support/app.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { servePipelines, type Pipelines } from './pipelines.ts';
import { rawly, type RawAnswer, type RawRequest } from './raw-connection.ts';
import { Stepwise, type Step } from './stepwise.ts';

/** The same question, put to both. */
export interface Both {
	stock: RawAnswer;
	fast: RawAnswer;
}

/** A job in hand. */
export interface Begun {
	id: string;
	step: Step;
}

/** One app on a clock that the test moves, behind both pipelines. */
export interface Compared {
	app: App;
	clock: FakeClock;
	at: Pipelines;
	/** Starts a job and waits until it runs. */
	begin(text?: string): Promise<Begun>;
	ask(path: string, request?: RawRequest): Promise<Both>;
	watch(input: object, request?: RawRequest): Promise<Both>;
}

export async function compared(options: Parameters<typeof makeApp>[0] = {}): Promise<Compared> {
	const clock = new FakeClock();
	const stepwise = new Stepwise();
	const app = await makeApp({ clock, runs: runsOf(stepwise.operation), ...options });
	const at = await servePipelines(app);
	const ask = async (path: string, request?: RawRequest) => {
		const [stock, fast] = await Promise.all([rawly(at.stock, path, request), rawly(at.fast, path, request)]);
		return { stock, fast };
	};
	const begin = async (text = 'a job') => {
		const { id } = await start(app, 'stepwise', { text });
		const step = await stepwise.begun(id);
		// The grouping of what its start wrote is over: its next event goes out at once.
		await clock.advance(20);
		return { id, step };
	};
	return { app, clock, at, begin, ask, watch: (input, request) => ask(watchPath(input), request) };
}

/** The address of the subscription with this input. */
export function watchPath(input: object): string {
	return `/api/trpc/live.watch?input=${encodeURIComponent(JSON.stringify(input))}`;
}

/** A stream's blocks, byte for byte but for the spread of the retry hint, whose bounds are checked. */
export function blocksOf({ text }: RawAnswer): string[] {
	const hint = /^retry: (\d+)\n/.exec(text)?.[1];
	if (hint !== undefined && hint !== '3000') {
		expect(Number(hint)).toBeGreaterThanOrEqual(700);
		expect(Number(hint)).toBeLessThanOrEqual(1_500);
	}
	return text.replace(/^retry: \d+\n/, hint === '3000' ? '$&' : 'retry: spread\n').split(/(?<=\n\n)(?!\n)/);
}

/** Status, version and headers, but for the date, and for how much is left of a limit that both counted against. */
export function headOf({ status, version, headers }: RawAnswer) {
	const same = headers
		.filter(([name]) => name !== 'date')
		.map(([name, value]) => `${name}: ${name === 'ratelimit' ? value.replace(/;r=\d+/g, ';r=…') : value}`);
	return { version, status, headers: same.toSorted() };
}

/** Waits until both have said this. */
export async function bothSay({ stock, fast }: Both, part: string): Promise<void> {
	await stock.until(part);
	await fast.until(part);
}

/** Both said the same, from the first byte of the head to the last of the body so far. */
export async function expectSame({ stock, fast }: Both): Promise<void> {
	expect(stock.status).toBeGreaterThan(0);
	await expect.poll(() => blocksOf(fast), { timeout: 5_000 }).toEqual(blocksOf(stock));
	expect(headOf(fast)).toEqual(headOf(stock));
	expect(fast.complete).toBe(stock.complete);
}

/** Both came to their end, and said the same until then. */
export async function expectSameWhole(both: Both): Promise<void> {
	await both.stock.over();
	await both.fast.over();
	await expectSame(both);
}
