import { describe, expect, test } from 'vitest';
import type { ConnectionState } from '../../../src/lib/client/connection.svelte.ts';
import { DOUBT_MS, isDoubtful } from '../../../src/routes/navigation-guard.ts';

const at = (path: string) => new URL(path, 'http://headway.example');
const leaving = (facts = {}) => ({ from: at('/jobs/a'), to: at('/statistics'), willUnload: false, ...facts });
const connection = (state: ConnectionState['state']) => ({ state, since: 10_000 });
const later = 10_000 + DOUBT_MS;

describe('leaving a page while the server is away', () => {
	test('RS-06 another page is in doubt while the device is offline, at once', () => {
		expect(isDoubtful(leaving(), connection('offline'), 10_000)).toBe(true);
	});

	test('RS-06 a lost connection puts it in doubt only when it does not come back soon', () => {
		expect(isDoubtful(leaving(), connection('retrying'), later - 1)).toBe(false);
		expect(isDoubtful(leaving(), connection('retrying'), later)).toBe(true);
	});

	test.each(['live', 'connecting', 'polling'] as const)(
		'RS-06 nothing is in doubt while the connection is %s',
		(state) => {
			expect(isDoubtful(leaving(), connection(state), later)).toBe(false);
		}
	);

	test('RS-06 a place on the same page is always within reach, another search is not', () => {
		const from = at('/library?q=coral');
		expect(isDoubtful({ ...leaving({ from }), to: at('/library?q=coral#p-2') }, connection('offline'), later)).toBe(
			false
		);
		expect(isDoubtful({ ...leaving({ from }), to: at('/library?q=tides') }, connection('offline'), later)).toBe(true);
	});

	test('RS-06 what leaves the app is left to the browser', () => {
		expect(isDoubtful(leaving({ to: null }), connection('offline'), later)).toBe(false);
		expect(isDoubtful(leaving({ willUnload: true }), connection('offline'), later)).toBe(false);
	});
});
