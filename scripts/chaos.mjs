/**
 * `npm run chaos`: the tests of tests/chaos, longer than in `npm test` and with a seed drawn anew.
 * HEADWAY_CHAOS_SEED repeats a run, HEADWAY_CHAOS_LENGTH (4) says how many times longer it is. Arguments go to vitest.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { environmentFor } from './lib/node-runtime.mjs';
import { PreparationError, ensureBuilt, ensureInstalled } from './lib/prepare.mjs';
import { at, root } from './lib/project.mjs';

const { HEADWAY_CHAOS_SEED: seed = String(randomInt(1e9)), HEADWAY_CHAOS_LENGTH: length = '4' } = process.env;
const say = (line) => console.log(line);

try {
	const node = await ensureInstalled(say);
	await ensureBuilt(node, say);
	say(`Seed ${seed}, length ${length}. Again: HEADWAY_CHAOS_SEED=${seed} HEADWAY_CHAOS_LENGTH=${length} npm run chaos`);
	const settings = { HEADWAY_CHAOS_SEED: seed, HEADWAY_CHAOS_LENGTH: length, HEADWAY_CHAOS_BUILT: '1' };
	const args = ['run', '--project', 'chaos', ...(process.argv.length > 2 ? process.argv.slice(2) : ['tests/chaos/'])];
	const options = { cwd: root, env: environmentFor(node, settings), stdio: 'inherit' };
	const tests = spawn(node, [at('node_modules', 'vitest', 'vitest.mjs'), ...args], options);
	tests.on('exit', (code) => (process.exitCode = code ?? 1));
} catch (error) {
	if (!(error instanceof PreparationError)) throw error;
	if (error.output) console.error(error.output.trimEnd());
	console.error(error.message);
	process.exitCode = 1;
}
