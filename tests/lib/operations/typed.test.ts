import { describe, expect, test } from 'vitest';
import { defineRun, type RunContext } from '$lib/operations/operation.ts';
import { ended, makeApp, runsOf, start } from '../../support/app.ts';
import { steps, stepsThat } from '../../support/operations.ts';

type Context = RunContext<typeof steps>;

/** Runs an operation that does one thing; gives what that threw. */
async function thrownBy(act: (ctx: Context) => unknown): Promise<unknown> {
	let thrown: unknown = null;
	const run = stepsThat(async (ctx) => {
		try {
			await act(ctx);
		} catch (error) {
			thrown = error;
		}
		return { sum: 1 };
	});
	const app = await makeApp({ runs: runsOf(run) });
	await ended(app, (await start(app, 'steps', {})).id);
	return thrown;
}

// Each `@ts-expect-error` is half of the test: `npm test` type-checks this file, and an error that is missing is an error.
describe('what an operation may say', () => {
	test('OP-01 a declared phase, event and text pass', async () => {
		const thrown = await thrownBy((ctx) => {
			ctx.phase('second');
			ctx.emit('note', { text: 'x' });
			ctx.transient('preview', { index: 1 });
			ctx.progress(0.5, 'measured');
			ctx.content('report', 'words');
		});
		expect(thrown).toBeNull();
	});

	test('OP-01 an undeclared phase does not compile, and fails at run time', async () => {
		// @ts-expect-error no such phase
		expect(await thrownBy((ctx) => ctx.phase('fourth'))).toBeInstanceOf(Error);
	});

	test('OP-01 an undeclared event does not compile, and fails at run time', async () => {
		// @ts-expect-error no such event
		expect(await thrownBy((ctx) => ctx.emit('unheard_of', {}))).toMatchObject({ code: 'internal' });
		// @ts-expect-error no such event
		expect(await thrownBy((ctx) => ctx.transient('unheard_of', {}))).toMatchObject({ code: 'internal' });
	});

	test('OP-01 a wrong body does not compile, and fails at run time', async () => {
		// @ts-expect-error a number is no text
		expect(await thrownBy((ctx) => ctx.emit('note', { text: 7 }))).toMatchObject({ code: 'internal' });
		// @ts-expect-error the body of another event
		expect(await thrownBy((ctx) => ctx.emit('note', { index: 7 }))).toMatchObject({ code: 'internal' });
	});

	test('BY-04 a fraction without its basis, or with an unknown one, does not compile', () => {
		const calls = (ctx: Context) => {
			// @ts-expect-error how sure is it?
			ctx.progress(0.5);
			// @ts-expect-error what is unknown has no fraction
			ctx.progress(0.5, 'unknown');
		};
		expect(calls).toBeTypeOf('function');
	});

	test('OP-01 a result or an input of another shape does not compile', () => {
		const wrong = [
			// @ts-expect-error a text is no sum
			defineRun(steps, async () => ({ sum: 'one' })),
			// @ts-expect-error the input has no such field
			defineRun(steps, async (input) => ({ sum: input.size }))
		];
		expect(wrong).toHaveLength(2);
	});
});
