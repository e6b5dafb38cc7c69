import { settingNames } from './config.ts';
import { tokenNameOf } from './mcp/mcp-settings.ts';

type Environment = Record<string, string | undefined>;

/** What chaos takes is for tests. */
const forTests = /^HEADWAY_CHAOS_/;

/** The variables in Headway's own name that no setting has: a slip in a name would do nothing, and say nothing. */
export function unknownSettings(environment: Environment): string[] {
	const known = new Set([...settingNames, ...tokenNames(environment.HEADWAY_MCP_SERVERS ?? '')]);
	const own = Object.keys(environment).filter((name) => name.startsWith('HEADWAY_') && !forTests.test(name));
	return own.filter((name) => environment[name] && !known.has(name)).sort();
}

/** A token's name follows from the name of its server. */
function tokenNames(servers: string): string[] {
	return servers.split(',').map((part) => tokenNameOf(part.split('=')[0]?.trim() ?? ''));
}

/** Settings that count only beside another one: that one, and if need be its value. */
const companions: readonly (readonly [names: RegExp, needed: readonly string[], value?: string])[] = [
	[/^HEADWAY_(VENDOR|MODEL|IMAGE_MODEL|IMAGES)$/, ['OPENAI_API_KEY', 'OPENAI_BASE_URL']],
	[/^XAI_/, ['XAI_API_KEY']],
	[/^OPENROUTER_/, ['OPENROUTER_API_KEY']],
	[/^AZURE_OPENAI_/, ['AZURE_OPENAI_ENDPOINT']],
	[/^OLLAMA_/, ['OLLAMA_BASE_URL']],
	[/^VLLM_/, ['VLLM_BASE_URL']],
	[/^LMSTUDIO_/, ['LMSTUDIO_BASE_URL']],
	[/^CUSTOM_/, ['CUSTOM_BASE_URL']],
	[/^HEADWAY_S3_/, ['HEADWAY_BLOBS'], 's3'],
	[/^(BLOB_READ_WRITE_TOKEN|HEADWAY_VERCEL_ACCESS)$/, ['HEADWAY_BLOBS'], 'vercel'],
	[/^XFF_DEPTH$/, ['ADDRESS_HEADER']]
];

/** The settings that are given and do nothing, because what they go with is not, each with that: a model without its server is the demo. */
export function idleSettings(environment: Environment): { variable: string; needs: string }[] {
	return settingNames.toSorted().flatMap((variable) => {
		const [, needed = [], value] = companions.find(([names]) => names.test(variable)) ?? [];
		if (!environment[variable] || needed.length === 0) return [];
		const stands = needed.some((name) => (value ? environment[name] === value : environment[name]));
		return stands ? [] : { variable, needs: value ? `${needed.join()}=${value}` : needed.join(' or ') };
	});
}
