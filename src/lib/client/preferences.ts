import type { PreferenceValues } from '../server/preferences.ts';
import { command, createClient, type Client } from './trpc.ts';

export type { PreferenceValues };

/** Keeps a choice on the server; resolves with all of them. Rejects with a `CommandError`. */
export async function savePreferences(
	patch: Partial<PreferenceValues>,
	client: Client = createClient()
): Promise<PreferenceValues> {
	return command(() => client.preferences.set.mutate(patch));
}
