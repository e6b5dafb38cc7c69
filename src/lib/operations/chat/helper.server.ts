import { HeadwayError } from '../../jobs/error.ts';
import { askForAny, unheard } from '../answer.ts';
import type { Context, Progress } from './progress.server.ts';
import type { Asked } from './requests.ts';

/** A call beside the answering one: nothing of it is shown (CH-06). */
interface HelperCall {
	readonly asked: Asked;
	/** The name under which it is taken up again after a restart. */
	readonly step: string;
	/** How long it may take in all. */
	readonly limitMs: number;
}

/** The text of a helper call, by the provider's last word. Fails with a `HeadwayError`: the provider's own, `refused`, or `timeout` after its limit, when it was stopped at the provider. */
export async function askHelper(
	ctx: Context,
	progress: Progress,
	{ asked, step, limitMs }: HelperCall
): Promise<string> {
	const began = ctx.now();
	let late = false;
	let stopping: Promise<unknown> = Promise.resolve();
	const calm = ctx.after(limitMs, () => {
		late = true;
		stopping = ctx.provider.stop().catch(() => null);
	});
	try {
		const question = { request: asked, step, activity: '', shown: '', thought: '' };
		return (await askForAny(ctx.provider, question, unheard)).text;
	} catch (error) {
		ctx.signal.throwIfAborted();
		throw late ? tooLate(ctx.provider.label, limitMs) : error;
	} finally {
		calm();
		await stopping;
		progress.helperMs += ctx.now() - began;
	}
}

function tooLate(label: string, limitMs: number): HeadwayError {
	return new HeadwayError('timeout', `${label} did not answer within ${Math.round(limitMs / 1_000)} s.`);
}
