import type { TestOutcome } from '../server/providers/guarded-provider.ts';
import type { ProviderReport } from '../server/providers/providers.ts';
import { command, createClient, type Client } from './trpc.ts';

export type { ProviderReport, TestOutcome };

/** How the providers stand. Rejects with a `CommandError`. */
export async function readProviders(client: Client = createClient()): Promise<ProviderReport[]> {
	return command(() => client.providers.list.query());
}

/** Asks a provider something that costs nothing. Rejects with a `CommandError` when the server cannot be asked to. */
export async function testProvider(id: string, client: Client = createClient()): Promise<TestOutcome> {
	return command(() => client.providers.test.mutate({ id }));
}
