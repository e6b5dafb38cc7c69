import { invalidate } from '$app/navigation';
import { navigating } from '$app/state';

/** Reads the lists of conversations anew. What is shown stays where that fails; a page that is being opened is not held up. */
export async function listsChanged(): Promise<void> {
	try {
		// An invalidation would put an end to the navigation.
		await navigating.complete;
		await invalidate('headway:conversations');
	} catch {
		// The next turn brings them.
	}
}
