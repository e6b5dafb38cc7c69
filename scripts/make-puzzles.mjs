#!/usr/bin/env node
/**
 * Writes the puzzles that ship with Headway, `src/lib/puzzles/shipped.json`, and their titles alone for the browser. The
 * same seed gives the same files. Each puzzle is a rule and a scene that it is shown on; every answer is made by the rule
 * itself.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { root } from './lib/project.mjs';
import { moves, parts } from './lib/puzzles/easy.mjs';
import { at, same } from './lib/puzzles/grids.mjs';
import { combined } from './lib/puzzles/hard.mjs';
import { reasoning, structure } from './lib/puzzles/middle.mjs';
import { Random } from './lib/puzzles/random.mjs';

export const SEED = 'headway puzzles 1';
const folder = join(root, 'src/lib/puzzles');
const MOST_DRAWS = 500;

const recipes = [...moves, ...parts, ...structure, ...reasoning, ...combined];
const randomFor = (seed, { id }) => new Random(`${seed} ${id}`);

/** All puzzles as `{ id, title, level, puzzle }`, by level. */
export function makePuzzles(seed = SEED) {
	return recipes.map((recipe) => ({
		...{ id: recipe.id, title: recipe.title, level: recipe.level },
		puzzle: made(recipe, randomFor(seed, recipe))
	}));
}

/** The rule of each puzzle, as `{ id, rule }`: from a grid to its answer. It may throw on a grid of another puzzle. */
export function puzzleRules(seed = SEED) {
	return recipes.map((recipe) => ({ id: recipe.id, rule: recipe.draw(randomFor(seed, recipe)).rule }));
}

/** What the files hold, by their names. */
export async function puzzleFiles(seed = SEED) {
	const puzzles = makePuzzles(seed);
	const titles = Object.fromEntries(puzzles.map(({ id, title }) => [id, title]));
	return { 'shipped.json': await formatted(puzzles), 'shipped-titles.json': await formatted(titles) };
}

async function formatted(value) {
	const options = await resolveConfig(join(folder, 'shipped.json'));
	return format(JSON.stringify(value), { ...options, parser: 'json' });
}

function made({ id, draw, pairs }, random) {
	const scene = draw(random);
	const inputs = [];
	for (let draws = 0; inputs.length < pairs + 1; draws++) {
		if (draws > MOST_DRAWS) throw new Error(`${id} has no scene that serves.`);
		const input = scene.input();
		if (serves(input, scene, inputs)) inputs.push(input);
	}
	const solved = inputs.map((input) => ({ input, output: scene.rule(input) }));
	return { train: solved.slice(0, pairs), test: solved.slice(pairs) };
}

/** An input that was not drawn before and that the rule changes into a grid of a size that a puzzle may have. */
function serves(input, { rule, accepts = () => true }, earlier) {
	if (!input.flat().some((colour) => colour !== 0) || !accepts(input)) return false;
	if (earlier.some((other) => same(other, input))) return false;
	const output = rule(input);
	return !same(input, output) && output.length <= 30 && output[0].length <= 30 && at(output, 0, 0) !== undefined;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
	for (const [name, text] of Object.entries(await puzzleFiles())) await writeFile(join(folder, name), text);
