import { fireEvent, render, screen } from '@testing-library/svelte';
import { beforeAll, describe, expect, test } from 'vitest';
import Live from '../../../src/lib/operations/document/Live.svelte';
import { installResizeObserver } from '../../support/resize-observer.ts';
import type { Told } from '../../support/snapshot.ts';
import { begun, documentJob, done, planned, question, section } from '../../support/document-snapshot.ts';

const stands = () => [...document.querySelectorAll<HTMLElement>('[data-stand]')].map(({ dataset }) => dataset.stand);
const skeletons = () =>
	[...document.querySelectorAll<HTMLElement>('[data-skeleton]')].map(({ dataset }) => dataset.skeleton);
const toggle = (name: RegExp) => screen.getByRole('button', { name });
const show = (told: readonly Told[], live = true) => render(Live, { job: documentJob(told), live });

beforeAll(installResizeObserver);

describe('a document, live', () => {
	test('IR-11 a skeleton stands where the outline is expected', () => {
		show(begun);
		expect(skeletons()).toEqual(['The outline will show here']);
	});

	test('IR-05 IR-06 the outline shows as soon as it is there, with its points and when it came', () => {
		show(planned);
		expect(screen.getByText('Tea and sleep')).toBeInTheDocument();
		expect(screen.getByText('leaves')).toBeInTheDocument();
		expect(document.querySelector('[data-live] time')).toHaveTextContent('+0:03');
		expect(stands()).toEqual(['not written yet', 'not written yet', 'not written yet']);
	});

	test('IR-05 each section is ticked as it finishes', () => {
		show([...planned, ...section(0, 'First.'), ...section(1)]);
		expect(stands()).toEqual(['written', 'being written', 'not written yet']);
	});

	test('IR-03 IR-11 a section shows while it is written, with a skeleton for what is to come', async () => {
		const told = [...planned, ...section(0, 'First **part**.'), ...section(1)];
		const { rerender } = show(told);
		expect(screen.getByText('part').tagName).toBe('STRONG');
		expect(skeletons()).toEqual(['The section grows here']);
		await rerender({ job: documentJob([...told, ['content', { target: 'section-2', text: 'Second' }]]), live: true });
		expect(screen.getByText('Second')).toBeInTheDocument();
	});

	test('IR-08 a section opens and closes', async () => {
		show([...planned, ...section(0, 'First.')]);
		const first = toggle(/^1\. What tea is/);
		expect(first).toHaveAttribute('aria-expanded', 'true');
		await fireEvent.click(first);
		expect(first).toHaveAttribute('aria-expanded', 'false');
	});

	test('IR-09 IR-10 the result is set apart, and what came before is there, collapsed', () => {
		show([...planned, ...section(0, 'First.'), done()], false);
		const card = document.querySelector('[data-result]');
		expect(card).toHaveTextContent('tea-and-sleep.docx');
		expect(card).toHaveTextContent('Word document, 12 KB');
		expect(screen.getByRole('link', { name: 'Download' })).toHaveAttribute(
			'href',
			'/api/jobs/job_00000000000000000002/artifacts/tea-and-sleep.docx?download'
		);
		expect(card).toHaveTextContent('All of When to drink it');
		for (const name of [/^Outline/, /^Sections/]) expect(toggle(name)).toHaveAttribute('aria-expanded', 'false');
	});

	test('IR-09 a citation leads to its source; a number without one stays text', () => {
		const sources = [{ id: 1, url: 'https://tea.example/', title: 'All about tea' }];
		const told: Told[] = [
			...begun,
			['sources', { sources }],
			...planned.slice(3),
			...section(0, 'Known [1], not [7].')
		];
		show([...told, done()], false);
		expect(screen.getAllByRole('link', { name: 'Source 1' })[0]).toHaveAttribute('href', '#source-1');
		expect(document.querySelectorAll('#source-1')).toHaveLength(1);
		expect(screen.getByText(/not \[7\]/)).toBeInTheDocument();
	});

	test('CX-05 what a stopped document had stays open', () => {
		const receipt = {
			...{ reason: 'user', requestedAt: 1, provider: 'confirmed', acknowledgedAt: 1, stoppedAt: 1, cleanedUp: [] },
			...{ cost: { usd: null, known: false }, usage: null, kept: [] }
		};
		show([...planned, ...section(0, 'First.'), ['cancelled', { reason: 'user', receipt }]], false);
		expect(toggle(/^1\. What tea is/)).toHaveAttribute('aria-expanded', 'true');
		expect(stands()).toEqual(['written', 'not written yet', 'not written yet']);
		expect(skeletons()).toEqual([]);
	});

	test('IR-05 while the person edits the outline it is not shown twice', () => {
		show([...planned, question]);
		expect(toggle(/^Outline/)).toHaveAttribute('aria-expanded', 'false');
	});
});
