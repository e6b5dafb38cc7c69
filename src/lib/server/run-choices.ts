import type { JobOptions } from '../jobs/job.ts';
import type { ResponseRequest } from '../operations/provider.ts';

const choices = ['temperature', 'effort', 'maxOutputTokens'] as const;
type Choices = Pick<ResponseRequest, (typeof choices)[number] | 'chosen'>;

/**
 * What the person chose for the model of this run, over what the operation asks for; of two limits the lower one stands
 * (TS-01). A request that says itself what was chosen for it is taken as it is: a helper call beside the answer.
 */
export function choicesOf(options: JobOptions, asked: Pick<ResponseRequest, 'maxOutputTokens' | 'chosen'>): Choices {
	if (asked.chosen) return {};
	const chosen = choices.filter((choice) => options[choice] !== undefined);
	if (chosen.length === 0) return {};
	const { temperature, effort, maxOutputTokens } = options;
	const limit = Math.min(maxOutputTokens ?? Infinity, asked.maxOutputTokens ?? Infinity);
	return {
		chosen,
		...(temperature !== undefined && { temperature }),
		...(effort !== undefined && { effort }),
		...(Number.isFinite(limit) && { maxOutputTokens: limit })
	};
}
