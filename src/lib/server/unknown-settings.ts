import { settingNames } from './config.ts';

/** A token's name follows from the name of its server; what chaos takes is for tests. */
const others = /^HEADWAY_(?:MCP_\w+_TOKEN|CHAOS_\w+)$/;

/** The variables in Headway's own name that no setting has: a slip in a name would do nothing, and say nothing. */
export function unknownSettings(environment: Record<string, string | undefined>): string[] {
	const named = Object.entries(environment).flatMap(([name, value]) => (value ? [name] : []));
	const own = named.filter((name) => name.startsWith('HEADWAY_') && !others.test(name));
	return own.filter((name) => !settingNames.includes(name)).sort();
}
