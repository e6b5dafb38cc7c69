import type { Component } from 'svelte';
import type { FormProps } from '../components/form.ts';
import PlainForm from './PlainForm.svelte';
import PlainView from './PlainView.svelte';
import type { JobSnapshot } from '../jobs/snapshot.ts';

/** What an operation's `Live.svelte` is given; `live` until the job has ended. Each view narrows state and result itself. */
export interface LiveProps {
	// The operation's types are forgotten where views are handled alike.
	// eslint-disable-next-line @typescript-eslint/no-explicit-any
	job: JobSnapshot<any, any>;
	live: boolean;
}

/** How an operation is asked for, and how it looks while it runs and after. */
export interface Views {
	Form: Component<FormProps & { operation: string }>;
	Live: Component<LiveProps>;
}

const found = import.meta.glob<{ default: Component<never> }>('./*/{Form,Live}.svelte', { eager: true });

/** The views in the operation's folder; a plain one stands in for each that is missing. */
export function viewsOf(id: string): Views {
	const view = (name: string) => found[`./${id}/${name}.svelte`]?.default;
	return {
		Form: (view('Form') as Views['Form'] | undefined) ?? PlainForm,
		Live: (view('Live') as Views['Live'] | undefined) ?? PlainView
	};
}
