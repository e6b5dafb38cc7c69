import { expect, test } from 'vitest';
import { unknownSettings } from '$lib/server/unknown-settings.ts';

test('DC-06 a variable in Headway’s name that no setting has is told, and no other', () => {
	const environment = {
		...{ HEADWAY_DTA_SOURCES: 'sales=postgres://db/x', HEADWAY_PORT: '3001', HEADWAY_EMPTY: '', PATH: '/bin' },
		...{ HEADWAY_DATA_SOURCES: '', HEADWAY_MODEL: 'm', HEADWAY_MCP_FILES_TOKEN: 't', HEADWAY_CHAOS_SEED: '7' }
	};
	expect(unknownSettings(environment)).toEqual(['HEADWAY_DTA_SOURCES', 'HEADWAY_PORT']);
});
