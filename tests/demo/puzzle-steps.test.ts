import { describe, expect, test } from 'vitest';
import type { Demo } from '../../src/demo/server.ts';
import { demoFor, eventsOf, lastObject, reportOf, request, type Answered } from './support.ts';

const PUZZLE =
	'# Training\n## Pair 1\nInput:\n1\nOutput:\n1\n## Pair 2\nInput:\n1 2\n3 4\nOutput:\n3 1\n4 2\n# Test\n## Input 1\n7 8';
const UNKNOWN = '# Training\n## Pair 1\nInput:\n1 2 3\nOutput:\n9 9\n1 7\n# Test\n## Input 1\n7 8';
const SCHEMA = {
	type: 'object',
	properties: {
		pattern: { type: 'string' },
		strategy: { type: 'string' },
		hints: { type: 'array', items: { type: 'string' } },
		predictions: { type: 'array', items: { type: 'array', items: { type: 'array', items: { type: 'integer' } } } },
		confidence: { type: 'number' }
	},
	required: ['pattern', 'strategy', 'hints', 'predictions', 'confidence'],
	additionalProperties: false
};
const programs = 'You write programs that solve grid puzzles. Find the rule.';
const pictures = 'You look at grid puzzles. Look.';

async function answered(demo: Demo, instructions: string, input: unknown, more: object = {}): Promise<string> {
	const body = { model: 'demo-chat-1', instructions, input, ...more };
	return reportOf((await (await request(demo, 'POST', '/responses', body)).json()) as Answered);
}

/** What `solve` of the only block gives. */
function run(text: string, grid: number[][]): unknown {
	const [, program = ''] = /```js\n([^]*?)\n```/.exec(text) ?? [];
	return (new Function('grid', `${program}\nreturn solve(grid);`) as (given: number[][]) => unknown)(grid);
}

describe('a program', () => {
	test('TS-06 is first what the first pair shows, and after its result another that is right on all', async () => {
		const demo = await demoFor();
		const first = await answered(demo, programs, PUZZLE);
		expect(run(first, [[1]])).toEqual([[1]]);
		expect(first).toContain('I read this from the first pair');
		const result = `${PUZZLE}\n# Program\n\`\`\`js\nx\n\`\`\`\n# Result\nPair 1: solved\nPair 2: 1 of 4 cells are right.`;
		const second = await answered(demo, programs, result);
		expect(
			run(second, [
				[1, 2],
				[3, 4]
			])
		).toEqual([
			[3, 1],
			[4, 2]
		]);
		expect(second).toContain('This is right on every training pair.');
	});

	test('TS-06 gives the grid back as it is where no rule fits, and says so', async () => {
		const text = await answered(await demoFor(), programs, UNKNOWN);
		expect(text).toContain('None of the rules that this demo knows is right');
		expect(run(text, [[7, 8]])).toEqual([[7, 8]]);
	});

	test('TS-06 where no rule is right on all pairs is each time another, the nearest first, and it is said how far it is', async () => {
		const demo = await demoFor();
		const puzzle =
			'# Training\n## Pair 1\nInput:\n1 2 0\nOutput:\n0 2 1\n## Pair 2\nInput:\n3 3 5\nOutput:\n3 8 5\n# Test\n## Input 1\n7 8 0';
		const tried: string[] = [];
		let prompt = puzzle;
		for (let iteration = 1; iteration <= 4; iteration++) {
			const text = await answered(demo, programs, prompt);
			const [, program = ''] = /```js\n([^]*?)\n```/.exec(text) ?? [];
			if (iteration > 1)
				expect(text).toMatch(/None of the rules .+ comes near: it has \d of 2 pairs and \d of 6 cells right\./);
			expect(text).toMatch(/^- Each output has the size of its input\.$/m);
			tried.push(program);
			prompt = `${puzzle}\n# Program\n\`\`\`js\n${program}\n\`\`\`\n# Result\nScore: 0 of 2 pairs solved.`;
		}
		expect(new Set(tried).size).toBe(4);
	});

	test('TS-06 ends in words where there is no other rule that comes near', async () => {
		const prompt = `${UNKNOWN}\n# Program\n\`\`\`js\nfunction solve(grid) {\n\treturn grid;\n}\n\`\`\`\n# Result\nPair 1: 0 of 4`;
		const text = await answered(await demoFor(), programs, prompt);
		expect(text).toMatch(/^None of the rules that this demo knows .+ there is no further program\.$/m);
		expect(text).not.toContain('```');
	});

	test('TS-06 comes word by word, thoughts before it', async () => {
		const body = {
			model: 'demo-chat-1',
			instructions: programs,
			input: PUZZLE,
			stream: true,
			reasoning: { summary: 'auto' }
		};
		const events = await eventsOf(await demoFor(), body);
		const types = events.map(({ type }) => type);
		expect(types.filter((type) => type === 'response.output_text.delta').length).toBeGreaterThan(10);
		expect(types.indexOf('response.reasoning_summary_text.delta')).toBeGreaterThan(0);
		expect(types.indexOf('response.reasoning_summary_text.delta')).toBeLessThan(
			types.indexOf('response.output_text.delta')
		);
		expect(reportOf(lastObject(events))).toContain('```js');
	});
});

describe('a look at the pictures', () => {
	const withPicture = (text: string) => [
		{
			role: 'user',
			content: [
				{ type: 'input_text', text },
				{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }
			]
		}
	];

	test('TS-06 goes in four steps, told apart by what they bring, and says that it reads the numbers', async () => {
		const demo = await demoFor();
		const look = await answered(demo, pictures, withPicture(PUZZLE));
		expect(look).toContain('This demo has no eyes');
		expect(look).toContain('Pair 2: both grids have 2 × 2 cells, 4 of 4 differ');
		const said = `${PUZZLE}\n# Observations\n${look}`;
		const guess = await answered(demo, pictures, withPicture(said));
		expect(guess).toMatch(/^Right on the first pair:\n\n1\. /);
		const guessed = `${said}\n# Hypotheses\n${guess}`;
		const check = await answered(demo, pictures, withPicture(guessed));
		expect(check).toContain('It is right in every cell of all pairs: the grid is turned a quarter clockwise.');
		const format = { text: { format: { type: 'json_schema', name: 'answer', strict: true, schema: SCHEMA } } };
		const answer = await answered(demo, pictures, withPicture(`${guessed}\n# Check\n${check}`), format);
		expect(JSON.parse(answer)).toMatchObject({
			...{ predictions: [[[7], [8]]], pattern: 'The grid is turned a quarter clockwise.' }
		});
	});

	test('TS-06 without a rule that holds gives the inputs back, and says so before', async () => {
		const demo = await demoFor();
		const guessed = `${UNKNOWN}\n# Observations\nx\n# Hypotheses\ny`;
		expect(await answered(demo, pictures, withPicture(guessed))).toContain('None of the rules that this demo knows');
		const answer = await answered(demo, pictures, withPicture(`${guessed}\n# Check\nz`));
		expect(JSON.parse(answer)).toMatchObject({
			...{ predictions: [[[7, 8]]], confidence: 4, pattern: expect.stringMatching(/^None of the rules/) }
		});
	});

	test('BY-15 a schema of another shape is refused with its reason', async () => {
		const format = {
			text: { format: { type: 'json_schema', name: 'answer', schema: { ...SCHEMA, required: ['grids'] } } }
		};
		const body = {
			...{ model: 'demo-chat-1', instructions: pictures, input: `${PUZZLE}\n# Check\nz` },
			...format
		};
		const refused = await request(await demoFor(), 'POST', '/responses', body);
		expect(refused.status).toBe(400);
		expect(await refused.json()).toMatchObject({ error: { code: 'invalid_json_schema' } });
	});
});
