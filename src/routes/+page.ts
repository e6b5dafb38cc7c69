import { loadForm } from '$lib/operations/forms.ts';
import { operations } from '$lib/operations/index.ts';
import type { PageLoad } from './$types';
import { pages } from './own-pages.ts';

/** The form that the page begins with is there when the page is; the code of the others comes when one is pointed at. */
export const load: PageLoad = async ({ data }) => {
	const ids = Object.keys(operations).filter((id) => !Object.hasOwn(pages, id));
	const asked = data.initial?.operation ?? data.chosen;
	const first = ids.find((id) => id === asked) ?? ids[0] ?? '';
	return { ...data, first, Form: await loadForm(first) };
};
