import { fireEvent, render, screen } from '@testing-library/svelte';
import { beforeAll, expect, test } from 'vitest';
import JobHeading from '../../../src/lib/components/JobHeading.svelte';
import Markdown from '../../../src/lib/components/markdown/Markdown.svelte';
import { fullTitle } from '../../../src/lib/components/title.ts';
import Live from '../../../src/lib/operations/research/Live.svelte';
import { createRawSnippet } from 'svelte';
import { installResizeObserver } from '../../support/resize-observer.ts';
import { begun, done, phase, reasoning, researchJob, search, tell, type Told } from '../../support/snapshot.ts';

const gathered: Told[] = [...begun, phase('searching', 0.1), search('tides'), reasoning(0, 'Plan')];
const written: Told = ['content', { target: 'report', text: '# Tides\n\nThe moon' }, 5];
const toggle = (name: string) => screen.getByRole('button', { name: new RegExp(`^${name}`) });
const isOpen = (name: string) => toggle(name).getAttribute('aria-expanded');

beforeAll(installResizeObserver);

test('IR-10 IR-03 the sections fold when the report is written, so that it is in sight, and stay folded after it', async () => {
	const job = researchJob(gathered);
	const { rerender } = render(Live, { job, live: true });
	expect([isOpen('Searches'), isOpen('Reasoning')]).toEqual(['true', 'true']);
	const writing = tell(job, phase('synthesizing', 0.7)) as typeof job;
	await rerender({ job: writing, live: true });
	expect([isOpen('Searches'), isOpen('Reasoning')]).toEqual(['false', 'false']);
	await rerender({ job: tell(writing, done('# Tides')) as typeof job, live: false });
	expect([isOpen('Searches'), isOpen('Reasoning')]).toEqual(['false', 'false']);
});

test('IR-08 a section that the person opened by hand stays open while the report is written', async () => {
	const job = researchJob(gathered);
	const { rerender } = render(Live, { job, live: true });
	await fireEvent.click(toggle('Searches'));
	await fireEvent.click(toggle('Searches'));
	await rerender({ job: tell(job, phase('synthesizing', 0.7)) as typeof job, live: true });
	expect([isOpen('Searches'), isOpen('Reasoning')]).toEqual(['true', 'false']);
});

test('IR-13 a report that grows out of sight offers its end, follows it, and stops when the reader scrolls up', async () => {
	const { rerender } = render(Live, { job: researchJob([...gathered, written]), live: true });
	const end = document.querySelector<HTMLElement>('[data-report-end]');
	if (!end) throw new Error('the report has no end');
	let top = 2_000;
	const went: unknown[] = [];
	end.getBoundingClientRect = () => ({ top }) as DOMRect;
	end.scrollIntoView = (how) => {
		went.push(how);
		top = 700;
	};
	const offer = () => screen.queryByRole('button', { name: 'The report is being written' });
	const scrollTo = async (y: number) => {
		Object.defineProperty(window, 'scrollY', { value: y, configurable: true });
		await fireEvent.scroll(window);
	};
	await scrollTo(0);
	expect(offer()).toBeInTheDocument();
	await fireEvent.click(offer() as HTMLElement);
	expect(went).toEqual([{ block: 'end', behavior: 'instant' }]);
	expect(offer()).toBeNull();
	await scrollTo(1_300);
	top = 900;
	await fireEvent(window, new Event('resize'));
	expect(went).toHaveLength(2);
	top = 1_500;
	await scrollTo(500);
	await fireEvent(window, new Event('resize'));
	expect(went).toHaveLength(2);
	expect(offer()).toBeInTheDocument();
	await rerender({ live: false });
	expect(offer()).toBeNull();
});

test('IR-01 searches and pages are counted apart, and a page that is searched in counts once', () => {
	const page = { callId: 'c', query: null, link: 'https://sea.example/tides' };
	const opened: Told = ['web_search_call', { ...page, action: 'open_page', pattern: null }];
	const found: Told = ['web_search_call', { ...page, action: 'find_in_page', pattern: 'neap' }];
	render(Live, { job: researchJob([...gathered, opened, found]), live: true });
	expect(toggle('Searches')).toHaveAccessibleName('Searches 1 · pages 1');
});

test('IR-03 each part of a report goes the way of its own writing, and code always left to right', () => {
	const text = '# مد\n\nموج\n\n- بحر\n\n> قمر\n\n| ا |\n|---|\n| ب |\n\n`a`\n\n```\nb\n```';
	const { container } = render(Markdown, { text });
	for (const part of container.querySelectorAll('h3, .prose > p, li, blockquote, th, td'))
		expect(part, part.tagName).toHaveAttribute('dir', 'auto');
	expect(container.querySelector('p code')).toHaveAttribute('dir', 'ltr');
	expect(container.querySelector('pre')).toHaveAttribute('dir', 'ltr');
});

test('PG-12 a long question is cut to three lines and opens whole', async () => {
	const query = `Why\n${'do tides rise and fall '.repeat(40)}?`;
	const title = fullTitle({ title: 'Why do tides rise…', input: { query } });
	expect(title).toBe(query);
	const height = Object.getOwnPropertyDescriptor(Element.prototype, 'scrollHeight');
	Object.defineProperty(Element.prototype, 'scrollHeight', { get: () => 400, configurable: true });
	const still = globalThis.ResizeObserver;
	globalThis.ResizeObserver = class extends still {
		constructor(told: ResizeObserverCallback) {
			super(told);
			told([], this);
		}
	};
	const children = createRawSnippet(() => ({ render: () => '<span></span>' }));
	render(JobHeading, { title, operation: 'Research', icon: 'search', children });
	const more = await screen.findByRole('button', { name: 'Show the whole question' });
	expect(screen.getByRole('heading')).toHaveClass('clamped');
	await fireEvent.click(more);
	expect(screen.getByRole('heading')).not.toHaveClass('clamped');
	expect(screen.getByRole('button', { name: 'Show less of the question' })).toHaveAttribute('aria-expanded', 'true');
	globalThis.ResizeObserver = still;
	if (height) Object.defineProperty(Element.prototype, 'scrollHeight', height);
});
