import type { JobOptions } from '../jobs/job.ts';

/** A provider that a run can be sent to. */
export interface ProviderOption {
	id: string;
	label: string;
	/** Its models for runs that name none. */
	models: { text: string; images: string };
	can: { images: boolean };
}

/** The fields of `RunChoices`, as problems name them. */
export const runFields = ['provider', 'model', 'timeLimit', 'temperature', 'effort', 'maxOutputTokens'];

/** What every run can be told beside what it is about, as a form holds it. Empty or null: what is usual. */
export class RunChoices {
	provider = $state('');
	model = $state('');
	minutes = $state<number | null>(null);
	temperature = $state<number | null>(null);
	effort = $state<JobOptions['effort'] | ''>('');
	maxOutputTokens = $state<number | null>(null);

	/** Begins with those of an earlier job. */
	constructor(input: { provider?: string | undefined; model?: string | undefined } = {}, options: JobOptions = {}) {
		this.provider = input.provider ?? '';
		this.model = input.model ?? '';
		this.minutes = options.timeLimit === undefined ? null : options.timeLimit / 60;
		this.temperature = options.temperature ?? null;
		this.effort = options.effort ?? '';
		this.maxOutputTokens = options.maxOutputTokens ?? null;
	}

	get areUsual(): boolean {
		return Object.keys({ ...this.input, ...this.options }).length === 0;
	}

	/** Where it is to run: a part of the input. */
	get input(): { provider?: string; model?: string } {
		const model = this.model.trim();
		return { ...(model ? { model } : {}), ...(this.provider ? { provider: this.provider } : {}) };
	}

	/** How it is to run. */
	get options(): JobOptions {
		return {
			...(this.minutes ? { timeLimit: Math.round(this.minutes * 60) } : {}),
			...(this.temperature === null ? {} : { temperature: this.temperature }),
			...(this.effort ? { effort: this.effort } : {}),
			...(this.maxOutputTokens === null ? {} : { maxOutputTokens: this.maxOutputTokens })
		};
	}
}
