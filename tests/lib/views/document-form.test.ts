import { fireEvent, render, screen } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import Form from '../../../src/lib/operations/document/Form.svelte';
import { begun, done, researchJob, summaryOf } from '../../support/snapshot.ts';

const props = (facts = {}) => ({
	...{ start: vi.fn(), busy: false, problem: null, initial: undefined },
	...{ forecast: (variant: string) => `Usually 1–2 min (${variant}).`, ...facts }
});
const write = (brief: string) => fireEvent.input(screen.getByLabelText('Brief'), { target: { value: brief } });
const start = () => screen.getByRole('button', { name: /^Start/ });

describe('document form', () => {
	test('PG-03 starts with the brief and a format, and nothing that was not asked for', async () => {
		const given = props();
		render(Form, given);
		expect(start()).toHaveAttribute('aria-disabled', 'true');
		await write(' A guide to tea ');
		await fireEvent.click(screen.getByRole('radio', { name: 'PDF' }));
		expect(start()).toHaveAccessibleDescription('Usually 1–2 min (pdf).');
		await fireEvent.click(start());
		expect(given.start).toHaveBeenCalledWith({ brief: 'A guide to tea', format: 'pdf' }, {});
	});

	test('PG-03 takes researches that ended with a result, notes and a language', async () => {
		const research = { ...summaryOf(researchJob([...begun, done('x')])), id: 'job_a' };
		const failed = { ...research, id: 'job_b', title: 'Not this', status: 'failed' as const };
		const given = props({
			finished: [research, failed, { ...research, id: 'job_c', operation: 'image', title: 'Nor this' }]
		});
		render(Form, given);
		await write('A guide to tea');
		await fireEvent.click(screen.getByRole('button', { name: 'Material' }));
		expect(screen.getAllByRole('checkbox')).toHaveLength(1);
		await fireEvent.click(screen.getByRole('checkbox', { name: /How do tides work/ }));
		await fireEvent.input(screen.getByLabelText('Notes'), { target: { value: 'Tea is good.' } });
		await fireEvent.click(screen.getByRole('button', { name: 'Advanced' }));
		await fireEvent.input(screen.getByLabelText('Language'), { target: { value: 'German' } });
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[0]).toEqual({
			...{ brief: 'A guide to tea', format: 'docx', fromJobs: ['job_a'] },
			...{ notes: 'Tea is good.', language: 'German' }
		});
	});

	test('IR-05 IM-09 the outline can be reviewed, and live results begin as the person prefers', async () => {
		const given = props({ streaming: false });
		render(Form, given);
		await write('A guide to tea');
		await fireEvent.click(screen.getByRole('switch', { name: 'Review the outline first' }));
		await fireEvent.click(start());
		expect(given.start).toHaveBeenCalledWith(
			{ brief: 'A guide to tea', format: 'docx', reviewOutline: true },
			{ stream: false }
		);
	});

	test('CX-12 another like an earlier one begins with its input and options', async () => {
		const initial = { brief: 'A guide to tea', format: 'html', notes: 'Hot.', reviewOutline: true };
		const given = props({ initial, initialOptions: { stream: false, timeLimit: 90 } });
		render(Form, given);
		await fireEvent.click(start());
		expect(given.start).toHaveBeenCalledWith(initial, { stream: false, timeLimit: 90 });
	});

	test('CX-12 a research that an earlier document used and that is gone can be left out', async () => {
		const given = props({ initial: { brief: 'A guide to tea', format: 'html', fromJobs: ['job_gone'] } });
		render(Form, given);
		await fireEvent.click(screen.getByRole('checkbox', { name: /not listed here any more/ }));
		await fireEvent.click(start());
		expect(given.start).toHaveBeenCalledWith({ brief: 'A guide to tea', format: 'html' }, {});
	});

	test('DC-01 what the server says of a field stands at the field', () => {
		const fields = [{ path: 'input.brief', message: 'Say it in at most 8,000 characters.' }];
		render(Form, props({ problem: { message: 'The input is not valid.', fields } }));
		expect(screen.getByLabelText('Brief')).toHaveAccessibleDescription('Say it in at most 8,000 characters.');
		expect(screen.queryByRole('alert')).toBeNull();
	});
});
