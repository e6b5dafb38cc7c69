import { describe, expect, test } from 'vitest';
import {
	completionsOf,
	countOf,
	fieldsOf,
	inputOf,
	isWritten,
	linesOf,
	valuesIn,
	variantsOf
} from '$lib/operations/batch/fields.ts';
import { batch, partsOf, type BatchInput } from '$lib/operations/batch/model.ts';
import { operations } from '$lib/operations/index.ts';
import { steps } from '../../../support/operations.ts';

describe('what the form of a batch asks for', () => {
	test('OP-08 it offers the operations of which a line, or a puzzle, is a whole input, and no others', () => {
		const offered = Object.values(operations).filter((model) => model.id !== 'batch' && isWritten(model));
		expect(offered.map((model) => [model.id, fieldsOf(model).text]).sort()).toEqual([
			['analysis', 'puzzleId'],
			['chat', 'message'],
			['document', 'brief'],
			['image', 'prompt'],
			['research', 'query'],
			['solver', 'puzzleId'],
			['visual', 'puzzleId']
		]);
		for (const model of offered) {
			const input = { [fieldsOf(model).text ?? '']: 'quarter-turn' };
			expect([model.id, model.input.safeParse(input).error]).toEqual([model.id, undefined]);
		}
	});

	test('OP-08 fields with known values can vary, and so can the model', () => {
		const { choices } = fieldsOf(operations.image);
		const values = Object.fromEntries(choices.map((choice) => [choice.name, choice.values]));
		expect(values).toMatchObject({ size: ['1024x1024', '1536x1024', '1024x1536'], format: ['png', 'jpeg', 'webp'] });
		expect(values.model).toEqual([]);
		expect(Object.keys(values)).not.toContain('provider');
		expect(fieldsOf(steps).choices).toEqual([{ name: 'model', values: [] }]);
	});

	test('OP-08 TS-01 where there are several providers, parts can run at each of them', () => {
		const { choices } = fieldsOf(operations.research, ['openai', 'xai']);
		expect(choices).toContainEqual({ name: 'provider', values: ['openai', 'xai'] });
		expect(fieldsOf(operations.research, ['openai']).choices.map(({ name }) => name)).not.toContain('provider');
	});

	test('OP-08 TS-01 known models complete what is written, and none is offered twice', () => {
		const known = ['m-1', 'm-2', 'm-3'];
		expect(completionsOf('', known)).toEqual(known);
		expect(completionsOf('m-', known)).toEqual(known);
		expect(completionsOf('m-1, own,', known)).toEqual(['m-1, own, m-2', 'm-1, own, m-3']);
		expect(completionsOf('m-1, m-2', known)).toEqual(['m-1, m-2', 'm-1, m-3']);
	});

	test('OP-08 lines and values are taken as a person means them', () => {
		expect(linesOf(' a \n\n b\r\n')).toEqual(['a', 'b']);
		expect(valuesIn(' m1, m2,, m1 ')).toEqual(['m1', 'm2']);
	});
});

describe('what the form of a batch sends', () => {
	const draft = { operation: 'image', text: 'prompt', chosen: { size: ['s1', 's2'], quality: [] as string[] } };

	test('OP-08 one line with several sizes is one input and what varies', () => {
		expect(inputOf({ ...draft, lines: ['a'] })).toEqual({
			...{ operation: 'image', input: { prompt: 'a' }, vary: { size: ['s1', 's2'] } }
		});
	});

	test('OP-08 several lines are a list, each line with each combination', () => {
		expect(inputOf({ ...draft, lines: ['a', 'b'] }).inputs).toEqual([
			{ prompt: 'a', size: 's1' },
			{ prompt: 'a', size: 's2' },
			{ prompt: 'b', size: 's1' },
			{ prompt: 'b', size: 's2' }
		]);
		expect(inputOf({ ...draft, lines: ['a'], chosen: {} }).inputs).toEqual([{ prompt: 'a' }]);
	});

	test.each([[['a']], [['a', 'b']], [['a', 'b', 'c']]])('OP-08 it counts the parts of %j as they will be', (lines) => {
		const sent = { ...draft, lines };
		const asked = batch.input.parse(inputOf(sent)) as BatchInput;
		expect(partsOf(asked)).toHaveLength(countOf(sent));
	});
});

describe('what tells parts apart', () => {
	test('OP-08 it is what differs beside the text, in short, and nothing where nothing does', () => {
		expect(variantsOf([{ prompt: 'a' }, { prompt: 'b' }], 'prompt')).toEqual(['', '']);
		const sizes = [
			{ prompt: 'a', size: '1x1', count: 2 },
			{ prompt: 'a', count: 3 }
		];
		expect(variantsOf(sizes, 'prompt')).toEqual(['1x1, 2', '3']);
		const [long] = variantsOf([{ notes: 'n'.repeat(1_000) }, {}], 'prompt');
		expect(long?.length).toBeLessThanOrEqual(40);
	});
});
