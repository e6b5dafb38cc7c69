import type { Problem } from '$lib/components/form.ts';

/** What a failed start tells the form: a sentence, and what the server said of single fields. */
export function problemOf(error: unknown): Problem {
	const message = error instanceof Error ? error.message : 'The start failed. Try again.';
	const { data } = error as { data?: { fields?: Problem['fields'] } };
	return { message, fields: data?.fields ?? [] };
}
