import { askForAny } from '../answer.ts';
import type { RunContext } from '../operation.ts';
import { readAnswer } from './answer.ts';
import type { chart } from './model.ts';
import { queryRequest, type QueryFacts } from './request.ts';

/** What is asked for, the name under which it is taken up again, and what the page says meanwhile. */
interface Asked {
	readonly facts: QueryFacts;
	readonly step: string;
	readonly activity: string;
	/** The reasoning that the page shows already. */
	readonly thought: string;
}

/** Asks the model for a query; its thoughts go to the page. Fails with a `HeadwayError`: the provider's own, or `refused`. */
export async function askForQuery(
	{ facts, ...asked }: Asked,
	ctx: RunContext<typeof chart>
): Promise<ReturnType<typeof readAnswer>> {
	const { provider } = ctx;
	const request = queryRequest(facts, provider.can.structured);
	let thought = asked.thought;
	const { text, stopped } = await askForAny(
		provider,
		{ ...asked, request, shown: '' },
		{
			text: () => undefined,
			reasoning: (piece) => {
				ctx.content('reasoning', piece);
				thought += piece;
			},
			activity: (line) => ctx.activity(line)
		}
	);
	// What is thought of the next query is apart from this.
	if (thought !== '' && !thought.endsWith('\n\n')) ctx.content('reasoning', '\n\n');
	if (stopped !== null) return { ok: false, problem: 'The answer broke off before its end. Answer more shortly.' };
	return readAnswer(text);
}
