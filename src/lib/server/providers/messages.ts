import type { Message, ResponseRequest } from '../../operations/provider.ts';
import { dataUrl } from './image-request.ts';

/** A picture that goes with a message, as an address that holds it. */
export function pictureUrls({ images = [] }: Message): string[] {
	return images.map((image) => dataUrl({ name: '', ...image }));
}

/** The messages that say something: servers refuse empty ones. One text is one message of the person's. */
export function messagesOf(input: ResponseRequest['input']): Message[] {
	const all: readonly Message[] = typeof input === 'string' ? [{ role: 'user', text: input }] : input;
	return all.filter(({ text, images }) => text.trim() !== '' || (images?.length ?? 0) > 0);
}

/** The same with neighbours of one role as one message: many chat templates take turns only, the person's first. */
export function inTurns(messages: readonly Message[]): Message[] {
	const first = messages.findIndex(({ role }) => role === 'user');
	return messages.slice(Math.max(0, first)).reduce<Message[]>((turns, message) => {
		const last = turns.at(-1);
		if (last?.role === message.role) turns[turns.length - 1] = joined(last, message);
		else turns.push(message);
		return turns;
	}, []);
}

function joined(one: Message, other: Message): Message {
	const images = [...(one.images ?? []), ...(other.images ?? [])];
	return { role: one.role, text: `${one.text}\n\n${other.text}`.trim(), ...(images.length > 0 && { images }) };
}
