import type { Component } from 'svelte';
import type { FormProps } from '../components/form.ts';

/** How an operation is asked for. */
export type Form = Component<FormProps & { operation: string }>;

const found = import.meta.glob<Form>('./*/Form.svelte', { import: 'default' });

/** The form in the operation's folder, or a plain one. Rejects when its code cannot be loaded. */
export async function loadForm(id: string): Promise<Form> {
	const load = found[`./${id}/Form.svelte`];
	return load ? load() : (await import('./PlainForm.svelte')).default;
}
