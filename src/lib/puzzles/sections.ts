import { gridText } from './grid.ts';
import type { Puzzle } from './puzzle.ts';

/** A puzzle as prompts write it: the pairs under `# Training`, the inputs under `# Test`; the answers are not told. */
export function puzzleSections({ train, test }: Puzzle): string {
	const pairs = train.map(
		({ input, output }, index) => `## Pair ${index + 1}\nInput:\n${gridText(input)}\nOutput:\n${gridText(output)}`
	);
	const inputs = test.map(({ input }, index) => `## Input ${index + 1}\n${gridText(input)}`);
	return ['# Training', ...pairs, '# Test', ...inputs].join('\n');
}
