import type { Component } from 'svelte';
import type { QuestionProps } from '../components/form.ts';
import PlainQuestion from './PlainQuestion.svelte';
import PlainView from './PlainView.svelte';
import type { JobOptions } from '../jobs/job.ts';
import type { JobSnapshot } from '../jobs/snapshot.ts';

/** What an operation's `Live.svelte` is given; `live` until the job has ended. Each view narrows state and result itself. */
export interface LiveProps {
	// The operation's types are forgotten where views are handled alike.
	// eslint-disable-next-line @typescript-eslint/no-explicit-any
	job: JobSnapshot<any, any>;
	live: boolean;
	/** Cancels another job, such as a part of this one. Rejects with an Error whose message is a sentence. */
	cancel?: (jobId: string) => Promise<void>;
	/** Starts another job and goes to its page. Rejects with an Error whose message is a sentence. */
	start?: (operation: string, input: unknown, options?: JobOptions) => Promise<void>;
}

/** How an operation looks while it runs and after, and how it asks. */
export interface Views {
	Live: Component<LiveProps>;
	Question: Component<QuestionProps>;
}

const found = import.meta.glob<{ default: Component<never> }>('./*/{Live,Question}.svelte', { eager: true });

/** The views in the operation's folder; a plain one stands in for each that is missing. */
export function viewsOf(id: string): Views {
	const view = (name: string) => found[`./${id}/${name}.svelte`]?.default;
	return {
		Live: (view('Live') as Views['Live'] | undefined) ?? PlainView,
		Question: (view('Question') as Views['Question'] | undefined) ?? PlainQuestion
	};
}
