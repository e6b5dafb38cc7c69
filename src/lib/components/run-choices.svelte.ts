import type { JobOptions } from '../jobs/job.ts';

/** A provider that a run can be sent to. */
export interface ProviderOption {
	id: string;
	label: string;
	/** Its models for runs that name none. */
	models: { text: string; images: string };
	can: { images: boolean };
}

/** The providers that can be asked for this, each with what a choice of it is called: nothing for the usual one, which comes first. */
export function offered(
	providers: readonly ProviderOption[],
	asks: 'text' | 'images'
): (ProviderOption & { value: string })[] {
	const named = providers.map((one, place) => ({ ...one, value: place === 0 ? '' : one.id }));
	return named.filter(({ can }) => asks === 'text' || can.images);
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

	/** Leaves a provider that is not among them: an earlier job's may be gone, and the usual one may make no pictures. */
	keepTo(fitting: readonly { value: string }[]): void {
		const [first] = fitting;
		if (first && !fitting.some(({ value }) => value === this.provider)) this.provider = first.value;
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
