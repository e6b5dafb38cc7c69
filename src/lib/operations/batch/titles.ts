import { shortened } from '../../text/shortened.ts';
import { operationModel } from '../index.ts';
import type { PlannedPart } from './model.ts';

/** What the job of a part will be called, before there is one: the same as in every list of jobs. */
export function titleOfPart({ key, operation, input }: Pick<PlannedPart, 'key' | 'operation' | 'input'>): string {
	const model = operationModel(operation);
	const read = model?.input.safeParse(input);
	const title = model && read?.success ? model.titleOf(read.data) : firstText(input);
	return title || `Part ${key}`;
}

/** Of an input that its operation does not take any more. */
function firstText(input: Record<string, unknown>): string {
	const text = Object.values(input).find((value) => typeof value === 'string') ?? '';
	return shortened(String(text).replace(/\s+/g, ' ').trim(), 80);
}

/** What tells parts apart that are called alike and are not about the same: `(2)` for the second thing; empty where the title does. */
export function numbersOf(titles: readonly string[], subjects: readonly string[]): string[] {
	const alike = new Map<string, string[]>();
	const things = titles.map((title, place) => {
		const known = alike.get(title) ?? [];
		alike.set(title, known);
		const subject = subjects[place] ?? '';
		if (!known.includes(subject)) known.push(subject);
		return { known, number: known.indexOf(subject) + 1 };
	});
	return things.map(({ known, number }) => (known.length > 1 ? `(${number})` : ''));
}
