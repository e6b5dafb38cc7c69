import type { Attachment } from 'svelte/attachments';
import { on } from 'svelte/events';
import type { JobOptions } from '../jobs/job.ts';

/** What was wrong with a start: a sentence, and what concerns single fields by their path. */
export interface Problem {
	message: string;
	fields: { path: string; message: string }[];
}

/** What every operation's form is given. */
export interface FormProps {
	start: (input: unknown, options?: JobOptions) => void;
	/** A start is on its way. */
	busy: boolean;
	problem: Problem | null;
	/** "usually 4–7 min, from 12 runs", for a variant of the operation; null when nothing can be said. */
	forecast: (variant: string) => string | null;
	/** Why nothing can be started at all, e.g. without a connection. */
	disabledReason?: string | null;
	/** The input of a job to start another like. */
	initial?: unknown;
	/** How that job was to run; absent without one. */
	initialOptions?: JobOptions;
}

/** The message for a field; doors may name it with or without the leading `input.`. */
export function messageFor(problem: Problem | null, path: string): string | null {
	return problem?.fields.find((field) => field.path.replace(/^(input|options)\./, '') === path)?.message ?? null;
}

/** Lets Ctrl+Enter, or Cmd+Enter on a Mac, start from anywhere in a form; nothing in the form hears that key. */
export function startKey(start: () => void): Attachment<HTMLElement> {
	return (form) =>
		on(
			form,
			'keydown',
			(event) => {
				if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
				event.preventDefault();
				// A switch or a radio takes Enter for its own, with or without Ctrl.
				event.stopPropagation();
				start();
			},
			{ capture: true }
		);
}
