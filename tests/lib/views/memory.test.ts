import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import type { Memory } from '../../../src/lib/operations/conversation.ts';
import MemoryList from '../../../src/routes/memory/MemoryList.svelte';
import ProjectHeading from '../../../src/routes/memory/ProjectHeading.svelte';

const memory = (id: string, facts: Partial<Memory> = {}): Memory => ({
	...{ id, text: `Text of ${id}`, projectId: null, jobId: null, createdAt: 1_000, updatedAt: 1_000 },
	...facts
});
const props = (facts = {}) => ({
	...{ label: 'For every conversation', memories: [memory('m1')], deleted: [] },
	...{ add: vi.fn(() => Promise.resolve()), edit: vi.fn(() => Promise.resolve()), remove: vi.fn(), undo: vi.fn() },
	...facts
});
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name }));

describe('what is remembered', () => {
	test('AG-02 a memory is changed in its place, and Escape leaves it as it was', async () => {
		const given = props();
		render(MemoryList, given);
		await press('Change “Text of m1”');
		const field = screen.getByLabelText('Change what is remembered');
		expect(field).toHaveFocus();
		await fireEvent.input(field, { target: { value: '  Better words ' } });
		await press('Save');
		expect(given.edit).toHaveBeenCalledWith('m1', 'Better words');
		await press('Change “Text of m1”');
		await fireEvent.keyDown(screen.getByLabelText('Change what is remembered'), { key: 'Escape' });
		expect(screen.queryByLabelText('Change what is remembered')).toBeNull();
		expect(given.edit).toHaveBeenCalledOnce();
	});

	test('AG-02 a change that was not kept is said, and what was written stays', async () => {
		render(MemoryList, props({ edit: () => Promise.reject(new Error('Headway could not be reached.')) }));
		await press('Change “Text of m1”');
		await fireEvent.input(screen.getByLabelText('Change what is remembered'), { target: { value: 'New' } });
		await press('Save');
		expect(await screen.findByText('Headway could not be reached.')).toBeInTheDocument();
		expect(screen.getByLabelText('Change what is remembered')).toHaveValue('New');
	});

	test('AG-02 what was deleted stands in its place with Undo', async () => {
		const gone = memory('m2', { createdAt: 2_000 });
		const given = props({ memories: [memory('m3', { createdAt: 3_000 }), memory('m1')], deleted: [gone] });
		render(MemoryList, given);
		const texts = [...document.querySelectorAll('[data-memory]')].map((row) => row.getAttribute('data-memory'));
		expect(texts).toEqual(['m3', 'deleted', 'm1']);
		await press('Undo');
		expect(given.undo).toHaveBeenCalledWith(gone);
		await press('Delete “Text of m1”');
		expect(given.remove).toHaveBeenCalledWith(memory('m1'));
	});

	test('AG-02 something to remember is written and kept, and an empty line is not', async () => {
		const given = props();
		render(MemoryList, given);
		await press('Remember');
		expect(given.add).not.toHaveBeenCalled();
		const field = screen.getByLabelText('Remember something: For every conversation');
		await fireEvent.input(field, { target: { value: 'Writes in metric units' } });
		await press('Remember');
		expect(given.add).toHaveBeenCalledWith('Writes in metric units');
		await vi.waitFor(() => expect(field).toHaveValue(''));
	});

	test('AG-02 it says whether a turn kept it or the person wrote it', () => {
		render(MemoryList, props({ memories: [memory('m1', { jobId: 'job_1' }), memory('m2')] }));
		const [kept, own] = screen.getAllByRole('listitem');
		expect(within(kept!).getByRole('link', { name: 'a turn' })).toHaveAttribute('href', '/jobs/job_1');
		expect(own).toHaveTextContent('written by you');
	});

	test('AG-02 hostile words are words', () => {
		render(MemoryList, props({ memories: [memory('m1', { text: '<img src=x onerror=alert(1)>' })] }));
		expect(document.querySelector('img')).toBeNull();
		expect(screen.getByText('<img src=x onerror=alert(1)>')).toBeInTheDocument();
	});
});

describe('projects', () => {
	test('AG-02 a project is renamed in its place, and deleted only after a question that says what stays', async () => {
		const rename = vi.fn(() => Promise.resolve());
		const remove = vi.fn();
		render(ProjectHeading, { project: { id: 'p1', name: 'Sea' }, rename, remove });
		await press('Rename Sea');
		await fireEvent.input(screen.getByLabelText('Name of the project'), { target: { value: 'Ocean' } });
		await press('Rename');
		expect(rename).toHaveBeenCalledWith('Ocean');
		await vi.waitFor(() => expect(screen.queryByLabelText('Name of the project')).toBeNull());
		await press('Delete Sea');
		const dialog = await screen.findByRole('alertdialog');
		expect(dialog).toHaveTextContent('Its conversations and documents stay');
		await fireEvent.click(within(dialog).getByRole('button', { name: 'Delete project' }));
		expect(remove).toHaveBeenCalledOnce();
	});
});
