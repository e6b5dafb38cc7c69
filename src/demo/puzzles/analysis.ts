import type { CreateRequest } from '../request.ts';
import { analysisRequest, type AnalysisRequest } from './analysis-request.ts';
import type { Grid, Pair } from './rule.ts';
import { solveByRules } from './rules.ts';

/** An analysis as the demo answers it, and what it says that it thinks meanwhile. */
export interface AnalysisPart {
	thought: string;
	/** JSON with a line for each row of a grid, so that it comes row by row. */
	text: string;
}

type Solved = NonNullable<ReturnType<typeof solveByRules>>;

// How sure it is of a rule that is right on all pairs: more with each pair, and never quite.
const SURE = { least: 70, most: 96, byPair: 7 };
const UNSURE = 4;

/** The analysis that a request asks for; null for any other request. */
export function analysisPart(
	{ instructions }: Pick<CreateRequest, 'instructions'>,
	prompt: string
): AnalysisPart | null {
	if (!instructions?.startsWith('You analyse grid puzzles.')) return null;
	const request = analysisRequest(prompt);
	if (!request) return null;
	const solved = solveByRules(request.train, request.inputs);
	const thought = request.reasoning === null ? thoughtOn(request, solved) : HURRIED;
	return { thought, text: analysisText(request, solved) };
}

/** A puzzle analysed, as JSON: what the rule is, or truly that there is none. */
export function analysisText({ train, inputs }: AnalysisRequest, solved: Solved | null): string {
	return solved ? found(train, solved) : notFound(train, inputs);
}

const HURRIED = '**Answering early** I stop thinking and answer with what I have.';

function found(train: readonly Pair[], { rule, outputs }: Solved): string {
	const confidence = Math.min(SURE.most, SURE.least + SURE.byPair * train.length);
	return written({
		pattern: sentence(rule),
		strategy: `Apply the same rule to each test input: ${rule}. It is right in every cell of ${counted(train.length, 'training pair')}.`,
		hints: [...observations(train), `Try this on the first pair: ${rule}.`],
		predictions: outputs,
		confidence
	});
}

function notFound(train: readonly Pair[], inputs: readonly Grid[]): string {
	return written({
		pattern: 'None of the rules that this demo knows is right on all training pairs.',
		strategy:
			'The test inputs are given back as they are: the demo has no language model that could find a rule of its own.',
		hints: observations(train),
		predictions: inputs,
		confidence: UNSURE
	});
}

/** What it looks at and tries, step by step, as it does. */
function thoughtOn({ train, inputs }: AnalysisRequest, solved: Solved | null): string {
	const sizes = train.map(
		({ input, output }, index) => `Pair ${index + 1} goes from ${size(input)} to ${size(output)}.`
	);
	const asked = inputs.map((input) => size(input)).join(' and ');
	return [
		`**Looking at the pairs** There are ${counted(train.length, 'training pair')}. ${sizes.join(' ')} What is asked for is the output of ${asked}.`,
		`**Comparing the colours** ${observations(train).join(' ')}`,
		'**Trying rules** I try the rules that I know one after the other on each pair, cell by cell: turning, mirroring, other colours, cutting out, repeating, falling, filling, completing, connecting, counting.',
		solved
			? `**Checking** One of them fits the first pair and all others: ${solved.rule}. I apply it to the test.`
			: '**Checking** None of them is right in every cell of all pairs. I will say so, and not guess a rule.'
	].join('\n\n');
}

/** True sentences about all pairs, the plainest first. */
export function observations(train: readonly Pair[]): string[] {
	const colours = (grid: Grid) => new Set(grid.flat());
	const added = shared(
		train.map(({ input, output }) => [...colours(output)].filter((each) => !colours(input).has(each)))
	);
	const gone = shared(
		train.map(({ input, output }) => [...colours(input)].filter((each) => !colours(output).has(each)))
	);
	const count = (grid: Grid) => grid.flat().filter((cell) => cell !== 0).length;
	const keepsCount = train.every(({ input, output }) => count(input) === count(output));
	return [
		sizesOf(train),
		...(added.length > 0 ? [`Every output has ${named(added)}, which its input has not.`] : []),
		...(gone.length > 0 ? [`${sentenceCase(named(gone))} of the inputs can be found in no output.`] : []),
		keepsCount
			? 'As many cells are coloured after as before.'
			: 'The number of coloured cells is not the same before and after.'
	];
}

function sizesOf(train: readonly Pair[]): string {
	if (train.every(({ input, output }) => size(input) === size(output))) return 'Each output has the size of its input.';
	if (train.every(({ input, output }) => size(output) === size([...(input[0] ?? [])].map(() => input.map(() => 0)))))
		return 'Each output is as high as its input is wide, and as wide as that is high.';
	const outputs = new Set(train.map(({ output }) => size(output)));
	return outputs.size === 1 ? `Every output is ${[...outputs][0]}.` : 'The outputs have other sizes than their inputs.';
}

/** What all lists have. */
function shared(lists: readonly number[][]): number[] {
	const [first = [], ...others] = lists;
	return first.filter((each) => others.every((list) => list.includes(each))).sort((a, b) => a - b);
}

const named = (colours: readonly number[]) => `colour${colours.length === 1 ? '' : 's'} ${colours.join(' and ')}`;
const counted = (count: number, thing: string) => `${count} ${thing}${count === 1 ? '' : 's'}`;
const size = (grid: Grid) => `${grid.length} × ${grid[0]?.length ?? 0}`;
const sentenceCase = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const sentence = (text: string) => `${sentenceCase(text)}.`;

function written({ predictions, ...words }: Record<string, unknown> & { predictions: readonly Grid[] }): string {
	const { confidence, ...texts } = words;
	const lines = Object.entries(texts).map(([name, value]) => `\t"${name}": ${JSON.stringify(value)}`);
	const grids = predictions.map(
		(grid) => `\t\t[\n${grid.map((row) => `\t\t\t[${row.join(', ')}]`).join(',\n')}\n\t\t]`
	);
	return `{\n${[...lines, `\t"predictions": [\n${grids.join(',\n')}\n\t]`, `\t"confidence": ${String(confidence)}`].join(',\n')}\n}\n`;
}
