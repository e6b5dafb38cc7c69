import type { Attachment } from 'svelte/attachments';
import { on } from 'svelte/events';
import type { JobOptions } from '../jobs/job.ts';
import type { PartsForecast } from '../jobs/parts-forecast.ts';
import type { JobSnapshot, JobSummary } from '../jobs/snapshot.ts';
import type { DataSource } from '../operations/tables.ts';
import type { ProviderOption } from './run-choices.svelte.ts';

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
	/** "usually 4–7 min, from 12 runs", for a variant of the operation where it is to run; null when nothing can be said. */
	forecast: (variant: string, where?: { provider?: string; model?: string }) => string | null;
	/** What several jobs of an input that starts them will take and cost; rejects where that input could not be started. */
	foresee?: (input: unknown) => Promise<PartsForecast>;
	/** Why nothing can be started at all, e.g. without a connection. */
	disabledReason?: string | null;
	/** The input of a job to start another like. */
	initial?: unknown;
	/** How that job was to run; absent without one. */
	initialOptions?: JobOptions;
	/** Whether this person wants results live: where the form's switch stands at first (IM-09). */
	streaming?: boolean;
	/** Ended jobs that an input may refer to, newest first. */
	finished?: readonly JobSummary[];
	/** Where it can run, the usual one first. */
	providers?: readonly ProviderOption[];
	/** Sends a file to the server. Rejects with an Error whose message is a sentence. */
	upload?: Upload;
	/** Tables that an input may name instead of bringing a file. */
	sources?: readonly DataSource[];
	/** Files that were sent before, newest first. */
	files?: readonly StoredFile[];
}

/** A file that the server has taken; inputs refer to its `fileId`. */
export interface StoredFile {
	fileId: string;
	name: string;
	/** Told by its content. */
	mediaType: string;
	/** In bytes. */
	size: number;
	url: string;
}

/** `onProgress` counts from 0 to 1. */
export type Upload = (
	file: File,
	watch: { onProgress: (fraction: number) => void; signal: AbortSignal }
) => Promise<StoredFile>;

/** What the view of a job's question is given; an operation may have its own, for what a plain form cannot show. */
export interface QuestionProps {
	// The operation's types are forgotten where views are handled alike.
	// eslint-disable-next-line @typescript-eslint/no-explicit-any
	job: JobSnapshot<any, any>;
	question: NonNullable<JobSnapshot['question']>;
	/** Sends the answer; it has arrived once this resolves. Rejects with an Error whose message is a sentence. */
	answer: (value: unknown) => Promise<void>;
}

/** The message for a field; doors may name it with or without the leading `input.`. */
export function messageFor(problem: Problem | null, path: string): string | null {
	return problem?.fields.find((field) => field.path.replace(/^(input|options)\./, '') === path)?.message ?? null;
}

/** What a start that failed says of one of its fields, or else of all of it: a sentence. */
export function failureOf(error: unknown, path: string): string {
	const { data } = error as { data?: { fields?: Problem['fields'] } };
	const message = error instanceof Error ? error.message : 'It could not be started. Try again.';
	return messageFor({ message, fields: data?.fields ?? [] }, path) ?? message;
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
