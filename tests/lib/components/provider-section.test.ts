import { fireEvent, render, screen } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import type { ProviderReport } from '../../../src/lib/client/providers.ts';
import { clockTime } from '../../../src/lib/components/moment.ts';
import ProviderSection from '../../../src/routes/providers/ProviderSection.svelte';

const at = Date.UTC(2026, 10, 20, 12);
const closed = { state: 'closed', since: at, tryAt: null, failuresInRow: 0 } as const;
const asked = {
	...{ requests: 3, failures: 0, lastSuccessAt: at, lastHeardAt: at, latencyMs: 1_240, lastFailure: null }
};

const report = (facts: Partial<ProviderReport> = {}): ProviderReport => ({
	...{ id: 'xai', label: 'xAI', demo: false, isDefault: false, host: 'api.x.ai', testable: true, running: 2 },
	...{ models: { text: 'grok', images: '' }, lastTest: null, breaker: closed, health: asked },
	can: { background: false, webSearch: true, images: false, structured: true, embeddings: false },
	...facts
});
const show = (facts: Partial<ProviderReport> = {}, testing = false) => {
	const test = vi.fn();
	const { container } = render(ProviderSection, { provider: report(facts), testing, test });
	return { test, words: container.querySelector('[data-standing]')?.textContent, text: container.textContent ?? '' };
};

describe('a provider on its page', () => {
	test.each<[string, Partial<ProviderReport>]>([
		['Fine', {}],
		['Not asked yet', { health: { ...asked, requests: 0, lastSuccessAt: null } }],
		['Having trouble: the last request failed', { breaker: { ...closed, failuresInRow: 1 } }],
		['Having trouble: 4 failures in a row', { breaker: { ...closed, failuresInRow: 4 } }],
		[
			`Paused until ${clockTime(at + 30_000)}`,
			{ breaker: { state: 'open', since: at, tryAt: at + 30_000, failuresInRow: 5 } }
		],
		[
			'Its pause is over: the next request is let through to see',
			{ breaker: { state: 'due', since: at, tryAt: at, failuresInRow: 5 } }
		],
		['One request is let through to see', { breaker: { state: 'trying', since: at, tryAt: null, failuresInRow: 5 } }],
		[
			'The key was refused: nothing is sent until a test succeeds',
			{ breaker: { state: 'held', since: at, tryAt: null, failuresInRow: 5 } }
		],
		['The test failed', { lastTest: { ok: false, at: at + 1, ms: 5, message: 'xAI cannot be reached.' } }]
	])('TS-14 says how it stands: %s', (words, facts) => {
		expect(show(facts).words).toBe(words);
	});

	test('TS-14 tells its address, models, what it can do, what runs there, and how long answers take to begin', () => {
		const { text } = show();
		for (const part of ['api.x.ai', 'grok', 'web search, structured answers', '3, of which 0 failed', 'after 1.2 s'])
			expect(text).toContain(part);
		expect(text).not.toContain('for pictures');
		expect(screen.getByText('2')).toHaveAttribute('data-running');
	});

	test('TS-14 TS-15 tells the last error in words, and when it was', () => {
		const lastFailure = { at, code: 'provider_overloaded', message: 'xAI is overloaded.' } as const;
		show({ health: { ...asked, failures: 1, lastFailure } });
		expect(screen.getByText(/^xAI is overloaded\./)).toBeVisible();
		expect(document.querySelector('[data-last-error] time')).toHaveAttribute('datetime', new Date(at).toISOString());
	});

	test('TS-14 Test is pressed once at a time, and what came of it is said', async () => {
		const { test: pressed } = show();
		await fireEvent.click(screen.getByRole('button', { name: 'Test xAI' }));
		expect(pressed).toHaveBeenCalledTimes(1);
		const again = show({ lastTest: { ok: true, at, ms: 34, message: 'It answers.' } }, true);
		await fireEvent.click(screen.getByRole('button', { name: 'Testing…' }));
		expect(again.test).not.toHaveBeenCalled();
		expect(screen.getAllByRole('status').at(-1)).toHaveTextContent(/^It answers\. Tested .+, in 34 ms\.$/);
	});

	test('TS-14 of one that cannot be asked for free there is no Test, and the page says why', () => {
		expect(show({ testable: false }).text).toContain('nothing that could be asked for free');
		expect(screen.queryByRole('button')).toBeNull();
	});
});
