import type { JobSnapshot } from '../jobs/snapshot.ts';
import type { AnyModel, Provider } from '../operations/operation.ts';
import { priceOf } from './providers/prices.ts';

/** What finishing a job now would ask for beside what was spent, at the most (BY-06). */
export interface FinishQuote {
	/** US dollars; null where the price of the model is not known. */
	usd: number | null;
	inputTokens: number;
	outputTokens: number;
	/** The same for a person. */
	sentence: string;
}

/** The quote, or why finishing now would be of no use. An operation that says nothing of it asks for nothing more. */
export function quoteFinish(
	{ state, content, input, model: modelId, cancelRequestedAt, status }: JobSnapshot,
	model: AnyModel,
	provider: Pick<Provider, 'label' | 'demo'>
): FinishQuote | { refused: string } {
	if (status !== 'running') return { refused: 'Only a running job can be finished early.' };
	if (cancelRequestedAt !== null) return { refused: 'This job is being cancelled.' };
	const needed = model.finishingOf?.(input, state, content) ?? { inputTokens: 0, outputTokens: 0 };
	if ('refused' in needed) return needed;
	const { inputTokens, outputTokens } = needed;
	const usage = { inputTokens, outputTokens, cachedTokens: 0, reasoningTokens: null, searches: 0 };
	const usd = provider.demo ? 0 : priceOf(modelId ?? '', usage).usd;
	return { usd, inputTokens, outputTokens, sentence: sentenceOf(usd, { inputTokens, outputTokens }, provider) };
}

function sentenceOf(
	usd: number | null,
	{ inputTokens, outputTokens }: { inputTokens: number; outputTokens: number },
	{ label, demo }: Pick<Provider, 'label' | 'demo'>
): string {
	if (demo) return 'It costs nothing more: the demo is free.';
	const tokens = `${round(inputTokens)} tokens in and ${round(outputTokens)} out`;
	if (usd === null)
		return `What it costs more is not known: ${label} has no price here. It asks for at most about ${tokens}.`;
	const cents = usd < 0.01 ? 'less than a cent' : `about $${usd.toFixed(2)}`;
	return `At most ${cents} more (${tokens}). What was gathered so far is paid either way.`;
}

function round(tokens: number): string {
	return (Math.ceil(tokens / 100) * 100).toLocaleString('en');
}
