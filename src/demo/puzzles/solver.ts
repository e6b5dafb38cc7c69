import type { CreateRequest } from '../request.ts';
import { observations } from './analysis.ts';
import { analysisRequest } from './analysis-request.ts';
import { sectionsIn } from './prompt-sections.ts';
import type { PuzzlePart } from './part.ts';
import type { Pair, Rule } from './rule.ts';
import { nearestRules, ruleOf, type Attempt } from './rules.ts';

/**
 * The program that a request asks for; null for any other request. What is asked for first is read from the first pair
 * alone, as a person would who is in a hurry; once that was wrong, from all pairs. Where no rule is right on all of them, the
 * nearest ones are tried one after the other, and it is said how far each is.
 */
export function solverPart({ instructions }: Pick<CreateRequest, 'instructions'>, prompt: string): PuzzlePart | null {
	if (!instructions?.startsWith('You write programs that solve grid puzzles.')) return null;
	const request = analysisRequest(prompt);
	if (!request) return null;
	const { train } = request;
	const last = programIn(sectionsIn(prompt).Program);
	const first = ruleOf(train.slice(0, 1));
	if (last === null && first)
		return { thought: FIRST_THOUGHT, text: answered(firstWords(first, train), train, first.program) };
	const found = ruleOf(train);
	if (found) return { thought: NEXT_THOUGHT, text: answered(nextWords(found), train, found.program) };
	return attempt(train, first, last);
}

/** The rule after the one that was tried last. */
function attempt(train: readonly Pair[], first: Rule | null, last: string | null): PuzzlePart {
	const thought = nothingThought(train);
	const nearest = nearestRules(train).filter(({ program }) => program !== first?.program);
	const next = nearest[nearest.findIndex(({ program }) => program.trim() === last) + 1];
	if (next) return { thought, text: answered(attemptWords(next, train), train, next.program) };
	if (last === null) return { thought, text: answered(NOTHING, train, IDENTITY) };
	return { thought, text: `${NONE} There is no other that comes near, so there is no further program.\n` };
}

function programIn(section: string | undefined): string | null {
	return section === undefined ? null : section.replace(/^```js\n|\n```$/g, '').trim();
}

const FIRST_THOUGHT =
	'**Looking at the first pair** I try the rules that I know on it, one after the other, and take the first that is right in every cell.';
const NEXT_THOUGHT =
	'**Looking at all pairs** I try the rules that I know on every pair, and take the first that is right in every cell.';

const nothingThought = (train: readonly Pair[]) =>
	`**Trying rules** I tried all rules that I know on ${train.length === 1 ? 'the pair' : `the ${train.length} pairs`}. None of them is right in every cell.`;

const IDENTITY = 'function solve(grid) {\n\treturn grid;\n}\n';
const NONE = 'None of the rules that this demo knows is right on all training pairs.';
const NOTHING = `${NONE} It has no language model that could find a rule of its own, so this program gives the grid back as it is.`;

function firstWords({ rule }: Rule, train: readonly Pair[]): string {
	const rest =
		train.length > 1 ? ' I read this from the first pair; running it shows whether it holds for the others.' : '';
	return `${sentence(rule)}${rest}`;
}

function nextWords({ rule }: Rule): string {
	return `${sentence(rule)} This is right on every training pair.`;
}

function attemptWords({ rule, solved, right, of }: Attempt, train: readonly Pair[]): string {
	const far = `${solved} of ${train.length} pairs and ${right} of ${of} cells`;
	return `${sentence(rule)} ${NONE} This one comes near: it has ${far} right.`;
}

function answered(words: string, train: readonly Pair[], program: string): string {
	const seen = observations(train).map((line) => `- ${line}`);
	return `${words}\n\n${seen.join('\n')}\n\n\`\`\`js\n${program.trimEnd()}\n\`\`\`\n`;
}

function sentence(rule: string): string {
	return `${rule.charAt(0).toUpperCase()}${rule.slice(1)}.`;
}
