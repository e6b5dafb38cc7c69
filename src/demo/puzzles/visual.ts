import { misfit } from '../documents/schema.ts';
import { schemaIn } from '../chat/request-kind.ts';
import type { CreateRequest } from '../request.ts';
import { WireError } from '../wire.ts';
import { analysisText } from './analysis.ts';
import { analysisRequest, type AnalysisRequest } from './analysis-request.ts';
import { sectionsIn } from './prompt-sections.ts';
import type { PuzzlePart } from './part.ts';
import type { Grid, Pair, Rule } from './rule.ts';
import { ruleOf, rulesOf, solveByRules } from './rules.ts';

/** What a request about a puzzle's pictures asks for; null for any other request. Which of the four it is can be told by what it brings. */
export function visualPart(request: Pick<CreateRequest, 'instructions' | 'body'>, prompt: string): PuzzlePart | null {
	if (!request.instructions?.startsWith('You look at grid puzzles.')) return null;
	const puzzle = analysisRequest(prompt);
	if (!puzzle) return null;
	const sections = sectionsIn(prompt);
	if (sections.Check !== undefined) return answer(request, puzzle);
	if (sections.Hypotheses !== undefined) return check(puzzle);
	return sections.Observations !== undefined ? hypotheses(puzzle) : observations(puzzle);
}

const READS = 'This demo has no eyes: it reads the numbers that stand beside the pictures.';

function observations({ train, inputs }: AnalysisRequest): PuzzlePart {
	const lines = train.map((pair, index) => `- Pair ${index + 1}: ${observed(pair)}`);
	const asked = inputs.map((input, index) => `- Test ${index + 1} has ${size(input)} cells, ${coloursIn(input)}.`);
	return {
		thought: '**Looking** I read the grids of each pair and note their sizes and colours.',
		text: `${READS}\n\n${[...lines, ...asked].join('\n')}\n`
	};
}

function observed({ input, output }: Pair): string {
	const sizes =
		size(input) === size(output)
			? `both grids have ${size(input)} cells`
			: `${size(input)} cells become ${size(output)}`;
	const changed = input.flatMap((row, y) => row.filter((cell, x) => cell !== output[y]?.[x])).length;
	const same = size(input) === size(output) ? `, ${changed} of ${input.flat().length} differ` : '';
	return `${sizes}${same}; the input has ${coloursIn(input)}, the output ${coloursIn(output)}.`;
}

function hypotheses({ train }: AnalysisRequest): PuzzlePart {
	const found = rulesOf(train.slice(0, 1)).slice(0, 3);
	const lines = found.map(({ rule }, index) => `${index + 1}. ${sentence(rule)}`);
	const text =
		lines.length > 0
			? `Right on the first pair:\n\n${lines.join('\n')}`
			: 'None of the rules that this demo knows is right on the first pair.';
	return { thought: '**Guessing** I try the rules that I know on the first pair.', text: `${text}\n` };
}

function check({ train }: AnalysisRequest): PuzzlePart {
	const found = ruleOf(train);
	const rejected = rulesOf(train.slice(0, 1))
		.slice(0, 3)
		.filter(({ rule }) => rule !== found?.rule);
	const lines = rejected.map((each) => `- ${sentence(each.rule)} Not the one: ${failureOf(each, train, found)}`);
	const verdict = found
		? `It is right in every cell of all pairs: ${found.rule}.`
		: 'None of the rules that this demo knows is right on all pairs.';
	return {
		thought: '**Checking** I try what is left on the other pairs, cell by cell.',
		text: `${[...lines, ...(lines.length > 0 ? [''] : []), verdict].join('\n')}\n`
	};
}

function failureOf(rejected: Rule, train: readonly Pair[], found: Rule | null): string {
	const wrong = train.findIndex((pair) => !rulesOf([pair]).some(({ program }) => program === rejected.program));
	return wrong === -1
		? `it fits too, but ${found?.rule ?? 'another'} is plainer.`
		: `pair ${wrong + 1} does not follow it.`;
}

function answer(request: Pick<CreateRequest, 'body'>, puzzle: AnalysisRequest): PuzzlePart {
	const solved = solveByRules(puzzle.train, puzzle.inputs);
	const text = analysisText(puzzle, solved);
	const reason = misfit(JSON.parse(text), schemaIn(request.body));
	if (reason !== null)
		throw new WireError(400, `Invalid schema for response_format 'answer': the demo makes another shape (${reason}).`, {
			...{ param: 'text.format.schema', code: 'invalid_json_schema' }
		});
	return {
		thought: solved
			? `**Answering** I apply the rule to each test: ${solved.rule}.`
			: '**Answering** I have no rule that holds, so I give the test inputs back as they are.',
		text
	};
}

function coloursIn(grid: Grid): string {
	const colours = [...new Set(grid.flat())].sort((a, b) => a - b);
	return colours.length === 1 ? `the colour ${colours[0]}` : `the colours ${colours.join(', ')}`;
}

const size = (grid: Grid) => `${grid.length} × ${grid[0]?.length ?? 0}`;
const sentence = (rule: string) => `${rule.charAt(0).toUpperCase()}${rule.slice(1)}.`;
