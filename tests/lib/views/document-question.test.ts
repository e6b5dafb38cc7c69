import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import Question from '../../../src/lib/operations/document/Question.svelte';
import { viewsOf } from '../../../src/lib/operations/views.ts';
import { documentJob, outline, planned, question } from '../../support/document-snapshot.ts';

function ask(answer = vi.fn(async () => undefined)) {
	const job = documentJob([...planned, question]);
	render(Question, { job, question: job.question!, answer });
	return answer;
}
const headings = () =>
	screen.getAllByRole<HTMLInputElement>('textbox', { name: /^Heading of section/ }).map(({ value }) => value);
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name }));
const type = (name: string | RegExp, value: string) =>
	fireEvent.input(screen.getByRole('textbox', { name }), { target: { value } });

describe('the question about the outline', () => {
	test('IR-05 is found in the folder of its operation; a plain one stands in for others', () => {
		expect(viewsOf('document').Question).toBe(Question);
		expect(viewsOf('research').Question).not.toBe(Question);
	});

	test('IR-05 accepts the outline as it is', async () => {
		const answer = ask();
		await press('Accept the outline');
		expect(answer).toHaveBeenCalledWith(outline);
	});

	test('IR-05 sends what was changed: title, heading, points, order, one more, one less', async () => {
		const answer = ask();
		await type('Title', 'My tea');
		await type('Heading of section 1', 'Leaves');
		await type('Points of section 1, one on each line', '- green\n\nblack ');
		await press('Move section 1 down');
		await press('Remove section 3');
		await press('Add a section');
		await type('Heading of section 3', 'More');
		await press('Accept with changes');
		expect(answer).toHaveBeenCalledWith({
			title: 'My tea',
			sections: [
				outline.sections[1],
				{ heading: 'Leaves', points: ['green', 'black'] },
				{ heading: 'More', points: [] }
			]
		});
	});

	test('BY-11 sections move by keyboard, the focus goes along, and the new place is said', async () => {
		ask();
		const second = screen.getByRole('textbox', { name: 'Heading of section 2' });
		second.focus();
		await fireEvent.keyDown(second, { key: 'ArrowUp', altKey: true });
		expect(headings()).toEqual(['What it does', 'What tea is', 'When to drink it']);
		await waitFor(() => expect(screen.getByRole('textbox', { name: 'Heading of section 1' })).toHaveFocus());
		expect(screen.getByRole('status')).toHaveTextContent('Moved to place 1 of 3.');
		await press('Move section 3 up');
		await waitFor(() => expect(screen.getByRole('button', { name: 'Move section 2 up' })).toHaveFocus());
	});

	test('BY-11 the focus stays in the list when a section goes or comes', async () => {
		ask();
		await press('Remove section 1');
		await waitFor(() => expect(screen.getByRole('textbox', { name: 'Heading of section 1' })).toHaveFocus());
		await press('Add a section');
		await waitFor(() => expect(screen.getByRole('textbox', { name: 'Heading of section 3' })).toHaveFocus());
	});

	test('IR-05 an outline that is not whole is not sent, and the field says why', async () => {
		const answer = ask();
		await type('Heading of section 2', '  ');
		await type('Title', '');
		await press('Accept with changes');
		expect(answer).not.toHaveBeenCalled();
		expect(screen.getByRole('textbox', { name: 'Heading of section 2' })).toHaveAccessibleDescription(
			/needs a heading/
		);
		expect(screen.getByRole('textbox', { name: 'Title' })).toHaveAccessibleDescription(/needs a title/);
	});

	test('RS-06 an answer that did not arrive says so, and can be sent again', async () => {
		const answer = ask(vi.fn(async () => Promise.reject(new Error('Headway could not be reached.'))));
		await press('Accept the outline');
		expect(await screen.findByRole('alert')).toHaveTextContent('Headway could not be reached.');
		await press('Accept the outline');
		expect(answer).toHaveBeenCalledTimes(2);
	});
});
