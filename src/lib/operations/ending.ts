import { HeadwayError } from '../jobs/error.ts';
import { asSentence } from '../text/sentence.ts';
import type { ProviderOutcome } from './provider.ts';

/** What a person can do about an answer that stopped early, by the provider's reason. */
export type Advice = Partial<Record<'max_output_tokens' | 'content_filter', string>>;

/** Throws the `HeadwayError` of an outcome that is no answer: declined, failed, or cancelled at the provider. `refusal` is what the stream said of one. */
export function assertAnswered(outcome: ProviderOutcome, refusal: string | null, label: string): void {
	const words = outcome.refusal ?? refusal;
	if (words) throw new HeadwayError('refused', `The model declined: ${words}`);
	if (outcome.error) throw outcome.error;
	if (outcome.status === 'cancelled')
		throw new HeadwayError('provider_error', `The answer was cancelled at ${label}. Try again.`);
}

/** The error of a response that ended without the provider's last word. */
export function endedWithout(refusal: string | null, label: string): HeadwayError {
	if (refusal) return new HeadwayError('refused', `The model declined: ${refusal}`);
	const message = `${label} ended without an answer. What arrived is kept. Try again.`;
	return new HeadwayError('provider_connection', asSentence(message));
}

/** The error of an answer in which nothing stands. `what` it should have become, such as `report`. */
export function saidNothing(outcome: ProviderOutcome, what: string, advice?: Advice): HeadwayError {
	const why = whyIncomplete(outcome, what, advice);
	if (why !== null) return new HeadwayError('incomplete', why);
	const message = 'The model ended without an answer. Try again, in other words or with another model.';
	return new HeadwayError('provider_error', message);
}

/** “Stopped at the length limit: the report is not complete. Ask for less.”; null for an outcome that came to its end. */
export function whyIncomplete(outcome: ProviderOutcome, what: string, advice: Advice = {}): string | null {
	const why = whyStopped(outcome);
	if (why === null) return null;
	const { incompleteReason: reason } = outcome;
	const then = reason === 'max_output_tokens' || reason === 'content_filter' ? advice[reason] : undefined;
	return `${why}: the ${what} is not complete.${then === undefined ? '' : ` ${then}`}`;
}

/** Why an answer stopped early, without a full stop; null for an outcome that came to its end. */
export function whyStopped({ status, incompleteReason }: ProviderOutcome): string | null {
	if (status === 'completed') return null;
	if (incompleteReason === 'max_output_tokens') return 'Stopped at the length limit';
	if (incompleteReason === 'content_filter') return 'Stopped by the content filter';
	return 'The model stopped before the end';
}
