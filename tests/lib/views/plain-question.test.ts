import { fireEvent, render, screen } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import PlainQuestion from '../../../src/lib/operations/PlainQuestion.svelte';
import { researchJob } from '../../support/snapshot.ts';

function ask(schema: z.ZodType) {
	const answer = vi.fn(async () => undefined);
	const question = { at: 0, questionId: 'q', prompt: 'Which?', schema: schema.toJSONSchema() };
	render(PlainQuestion, { job: researchJob(), question, answer });
	return answer;
}
const send = () => fireEvent.click(screen.getByRole('button', { name: 'Answer' }));

describe('a question without a view of its own', () => {
	test('OP-01 asks for a text, a number, a choice and a yes or no, by the schema of the answer', async () => {
		const answer = ask(
			z.object({ name: z.string(), size: z.number(), kind: z.enum(['small', 'large']), sure: z.boolean() })
		);
		await fireEvent.input(screen.getByLabelText('name'), { target: { value: 'tea' } });
		await fireEvent.input(screen.getByLabelText('size'), { target: { value: '3' } });
		await fireEvent.change(screen.getByLabelText('kind'), { target: { value: 'large' } });
		await fireEvent.click(screen.getByLabelText('sure'));
		await send();
		expect(answer).toHaveBeenCalledWith({ name: 'tea', size: 3, kind: 'large', sure: true });
	});

	test('OP-01 asks for a value that is no object', async () => {
		const answer = ask(z.enum(['yes', 'no']));
		await fireEvent.change(screen.getByLabelText('Answer'), { target: { value: 'no' } });
		await send();
		expect(answer).toHaveBeenCalledWith('no');
	});

	test('OP-01 what has no control of its own is asked as JSON, and what is no JSON is not sent', async () => {
		const answer = ask(z.object({ list: z.array(z.string()) }));
		await fireEvent.input(screen.getByLabelText('list'), { target: { value: '[1' } });
		await send();
		expect(answer).not.toHaveBeenCalled();
		expect(screen.getByLabelText('list')).toHaveAccessibleDescription(/JSON/);
		await fireEvent.input(screen.getByLabelText('list'), { target: { value: '["a"]' } });
		await send();
		expect(answer).toHaveBeenCalledWith({ list: ['a'] });
	});

	test('OP-01 what must be answered is not left out, what may be is', async () => {
		const answer = ask(z.object({ name: z.string(), more: z.string().optional() }));
		await send();
		expect(answer).not.toHaveBeenCalled();
		await fireEvent.input(screen.getByLabelText('name'), { target: { value: 'tea' } });
		await send();
		expect(answer).toHaveBeenCalledWith({ name: 'tea' });
	});
});
