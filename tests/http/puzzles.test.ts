import { expect, test } from 'vitest';
import { puzzle } from '$lib/puzzles/puzzle.ts';
import { makeApp } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, expectProblem } from './asking.ts';

test('TS-03 the puzzles that ship are listed with their level and first pair, and each is had whole', async () => {
	const url = await serveRoutes(await makeApp());
	const { status, body } = await ask(`${url}/api/puzzles`);
	expect([status, body.puzzles.length]).toEqual([200, 62]);
	const [first] = body.puzzles;
	expect(first).toMatchObject({ id: 'quarter-turn', title: 'Quarter turn', level: 1, pairs: 3, tests: 1 });
	const one = (await ask(`${url}/api/puzzles/${first.id}`)).body;
	expect(one.puzzle.train[0]).toEqual(first.example);
	expect(puzzle.parse(one.puzzle).test[0]?.output).toBeDefined();
});

test('TS-03 a puzzle that does not ship is not found, with a sentence', async () => {
	const url = await serveRoutes(await makeApp());
	expectProblem(await ask(`${url}/api/puzzles/constructor`), { status: 404, code: 'not_found' });
});
