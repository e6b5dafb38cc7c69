import type { LayoutLoad } from './$types';

/** The rail shows conversations here: their list comes with these pages, and no other page carries it. */
export const load: LayoutLoad = async ({ data }) => ({
	...data,
	RailList: (await import('./ConversationList.svelte')).default
});
