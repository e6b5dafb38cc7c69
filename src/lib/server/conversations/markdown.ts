import type { Cited } from '../../operations/chat/model.ts';
import type { ConversationView, TurnView } from './turn-view.ts';

/** A branch of a conversation as Markdown, with the sources that its answers cite. */
export function asMarkdown({ title, turns }: Pick<ConversationView, 'title' | 'turns'>): string {
	const parts = turns.flatMap(turnParts);
	return `${[`# ${title.replace(/\s+/g, ' ')}`, ...parts].join('\n\n')}\n`;
}

function turnParts(turn: TurnView): string[] {
	const { message, answer, files, citations } = turn;
	return [
		'## You',
		message.trimEnd(),
		...(files.length > 0 ? [`Files: ${files.map(({ name }) => name).join(', ')}`] : []),
		'## Headway',
		...(answer.trim() === '' ? [] : [answer.trimEnd()]),
		...endingOf(turn),
		...(citations.length > 0 ? [`Sources:\n\n${citations.map(sourceLine).join('\n')}`] : [])
	];
}

/** Why an answer is not whole. */
function endingOf({ status, error }: TurnView): string[] {
	if (status === 'cancelled') return ['*Stopped.*'];
	if (status === 'failed') return [`*Failed: ${error?.message ?? 'something went wrong.'}*`];
	return status === 'succeeded' ? [] : ['*Still being written.*'];
}

function sourceLine({ number, title, page, heading }: Cited): string {
	const place = [page === null ? null : `page ${page}`, heading].filter((part) => part !== null);
	return `- [${number}] ${[title, ...place].join(', ')}`;
}
