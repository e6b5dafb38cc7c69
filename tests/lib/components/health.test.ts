import { render, screen } from '@testing-library/svelte';
import { expect, test } from 'vitest';
import { healthOf, type PageLink } from '$lib/components/health.ts';
import HealthLine from '$lib/components/HealthLine.svelte';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import { begun, done, researchJob, START } from '../../support/snapshot.ts';

const link: PageLink = { state: 'live', heardAt: START + 8_000, led: false };
const running = (facts: Partial<JobSnapshot> = {}) => researchJob(begun, facts);
const streaming = { way: 'stream', heardAt: START + 5_000, state: 'in_progress' } as const;
const contact = (facts: Partial<NonNullable<JobSnapshot['contact']>>) =>
	running({ contact: { ...streaming, ...facts } });

/** Each layer as `name: words`, with a star where it is stuck. */
const said = (job: JobSnapshot, page: Partial<PageLink> = {}, provider: string | null = 'OpenAI') =>
	healthOf({ ...link, ...page }, job, provider).map(
		({ name, words, stuck }) => `${stuck ? '* ' : ''}${name}: ${words}`
	);
const behind = (job: JobSnapshot, provider: string | null = 'OpenAI') => said(job, {}, provider).slice(1);

test('BY-12 while all goes well each layer says how it is, and none is stuck', () => {
	expect(said(contact({}))).toEqual([
		'Browser ⇄ Headway: live',
		'Headway ⇄ OpenAI: streaming',
		'OpenAI says: in progress'
	]);
	expect(said(contact({}), { led: true })[0]).toBe('Browser ⇄ Headway: live through another tab');
});

test.for([
	['retrying', '* Browser ⇄ Headway: no answer, trying again'],
	['offline', '* Browser ⇄ Headway: you are offline'],
	['failed', '* Browser ⇄ Headway: no answer for long'],
	['polling', 'Browser ⇄ Headway: asking every 3 s']
] as const)('BY-12 the page that is %s says so, and marks what lies behind as old where it is', ([state, words]) => {
	const [page, provider] = said(contact({ way: 'retrying' }), { state });
	expect(page).toBe(words);
	expect(provider).toBe(
		state === 'polling'
			? '* Headway ⇄ OpenAI: connection lost, trying again'
			: 'Headway ⇄ OpenAI: connection lost, trying again (last known)'
	);
});

test.for([
	['queued', running({ status: 'queued', queuePosition: 3 }), ['* Headway: place 3 in the queue']],
	['waiting for a person', running({ waitingFor: 'person' }), ['* Headway: waiting for you']],
	['waiting for its parts', running({ waitingFor: 'child' }), ['Headway: waiting for the parts of this job']],
	['waiting for room', running({ waitingFor: 'slot' }), ['* Headway: waiting for a free place to go on']],
	['not yet asked', running(), ['Headway ⇄ OpenAI: not asked yet', 'OpenAI says: nothing yet']],
	['ended', researchJob([...begun, done('x')]), ['Headway: this job has ended']]
] as const)('BY-12 a job that is %s says where it is', ([, job, words]) => {
	expect(behind(job as JobSnapshot)).toEqual(words);
});

test.for([
	[{ heardAt: null, state: null }, 'asked, no answer yet', 'nothing yet'],
	[{ way: 'poll' }, 'asking from time to time', 'in progress'],
	[{ way: 'none', heardAt: null, state: null }, 'waiting for the answer', 'nothing yet']
] as const)('BY-12 the provider’s layer with %o: %s; its word: %s', ([facts, words, word]) => {
	expect(behind(contact(facts))).toEqual([`Headway ⇄ OpenAI: ${words}`, `OpenAI says: ${word}`]);
});

test('BY-12 between two requests the provider is not said to have told nothing yet', () => {
	expect(behind(contact({ way: 'none', state: null }))).toEqual(['Headway ⇄ OpenAI: nothing to ask at the moment']);
});

test.for([
	['refused', 'turned away, trying again'],
	['paused', 'held back after failures']
] as const)('BY-12 a provider that is there but %s is not said to be out of reach', ([way, words]) => {
	expect(behind(contact({ way, state: null }))[0]).toBe(`* Headway ⇄ OpenAI: ${words}`);
	expect(behind(contact({ way, heardAt: null, state: null }))[0]).toBe(`* Headway ⇄ OpenAI: ${words}`);
});

test('BY-12 it is stuck where a stream is silent, and where the provider keeps a response in its queue', () => {
	const silent = { ...contact({}), estimate: { runs: 0, overdue: false, quiet: true, sentence: '' } };
	expect(behind(silent)[0]).toBe('* Headway ⇄ OpenAI: streaming, but silent');
	expect(behind(contact({ state: 'queued' }))[1]).toBe('* OpenAI says: queued');
});

test('BY-12 an operation that needs no provider says that none is involved', () => {
	expect(behind(running(), null)).toEqual(['Headway: working, no provider involved']);
});

test('BY-11 BY-12 the ages tick for the eye only, and the line is no live region', async () => {
	const layers = healthOf(link, contact({}), 'OpenAI');
	const { rerender } = render(HealthLine, { layers, now: START + 10_000 });
	const line = screen.getByRole('list', { name: 'Where it is now' });
	expect(line).toHaveTextContent(/live, heard 2 s ago/);
	expect(line).toHaveTextContent(/streaming, heard \d\d:\d\d:05/);
	await rerender({ layers, now: START + 11_000 });
	expect(line).toHaveTextContent(/live, heard 3 s ago/);
	expect(screen.getByText(/heard 3 s ago/)).toHaveAttribute('aria-hidden', 'true');
	expect(line.closest('[aria-live], [role=status], [role=log]')).toBeNull();
	await rerender({ layers, now: null });
	expect(line).toHaveTextContent(/live, heard \d\d:\d\d:08/);
});
