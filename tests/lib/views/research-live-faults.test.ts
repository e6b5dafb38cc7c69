import { fireEvent, render, screen } from '@testing-library/svelte';
import { beforeAll, expect, test } from 'vitest';
import Live from '../../../src/lib/operations/research/Live.svelte';
import { installResizeObserver } from '../../support/resize-observer.ts';
import { begun, done, phase, researchJob, search, tell } from '../../support/snapshot.ts';

const toggle = (name: string) => screen.getByRole('button', { name: new RegExp(`^${name}`) });

beforeAll(installResizeObserver);

test('IR-10 a section that was opened by hand while it ran is collapsed at the end like the others', async () => {
	const job = researchJob([...begun, phase('searching', 0.1), search('tides')]);
	const { rerender } = render(Live, { job, live: true });
	await fireEvent.click(toggle('Searches'));
	await fireEvent.click(toggle('Searches'));
	expect(toggle('Searches')).toHaveAttribute('aria-expanded', 'true');
	await rerender({ job: tell(job, done('# Tides')) as typeof job, live: false });
	expect(toggle('Searches')).toHaveAttribute('aria-expanded', 'false');
});
