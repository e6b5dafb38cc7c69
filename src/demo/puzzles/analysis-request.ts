import { sectionsIn } from './prompt-sections.ts';
import type { Grid, Pair } from './rule.ts';

/** What a request to analyse a puzzle brings. */
export interface AnalysisRequest {
	train: Pair[];
	inputs: Grid[];
	/** The thoughts that an answer is to be made from; null where it is asked for from the start. */
	reasoning: string | null;
}

/** Reads the sections of a prompt; null when it shows no puzzle. */
export function analysisRequest(prompt: string): AnalysisRequest | null {
	const sections = sectionsIn(prompt);
	const train = partsOf(sections.Training).map((part) => {
		const [input = [], output = []] = part.split(/^Output:\s*$/m).map(gridIn);
		return { input, output };
	});
	const inputs = partsOf(sections.Test).map(gridIn);
	const isWhole = [...train.flatMap(({ input, output }) => [input, output]), ...inputs].every(
		(grid) => grid.length > 0
	);
	if (train.length === 0 || inputs.length === 0 || !isWhole) return null;
	return { train, inputs, reasoning: sections['Reasoning so far'] ?? null };
}

function partsOf(section = ''): string[] {
	return section.split(/^## .*$/m).slice(1);
}

function gridIn(text: string): Grid {
	const lines = text.split('\n').filter((line) => /^\d( \d)*\s*$/.test(line));
	return lines.map((line) => line.trim().split(' ').map(Number));
}
