import { expect, test } from 'vitest';
import type { Message, ResponseRequest } from '$lib/operations/provider.ts';
import { chatBodyOf } from '$lib/server/providers/chat-body.ts';
import { bodyOf } from '$lib/server/providers/request-body.ts';
import { vendors } from '$lib/server/providers/vendors.ts';
import { pngBytes } from '../fake-provider.ts';
import { request } from './wiring.ts';

const conversation: Message[] = [
	{ role: 'user', text: 'What is tea?' },
	{ role: 'assistant', text: 'Leaves in water.' },
	{ role: 'user', text: 'And this?', images: [{ mediaType: 'image/jpeg', bytes: pngBytes }] }
];
/** Its type is told by its bytes. */
const url = `data:image/png;base64,${pngBytes.toString('base64')}`;
const asked = (input: ResponseRequest['input']): ResponseRequest => ({ ...request, input });
const inputOf = (input: ResponseRequest['input'], vendor: keyof typeof vendors = 'openai') =>
	bodyOf(asked(input), vendors[vendor]).input;
const messagesOf = (input: ResponseRequest['input']) => chatBodyOf(asked(input), vendors.custom).messages.slice(1);

test('CH-01 a conversation goes to the Responses API message by message, oldest first, pictures with the words that they go with', () => {
	expect(inputOf(conversation)).toEqual([
		{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'What is tea?' }] },
		{
			type: 'message',
			role: 'assistant',
			content: [{ type: 'output_text', text: 'Leaves in water.', annotations: [] }]
		},
		{
			...{ type: 'message', role: 'user' },
			content: [
				{ type: 'input_text', text: 'And this?' },
				{ type: 'input_image', detail: 'auto', image_url: url }
			]
		}
	]);
});

test('TS-01 a server that keeps nothing gets an id for what the model said; the others, which would look it up, get none', () => {
	expect(inputOf(conversation, 'openrouter')).toMatchObject([{}, { id: 'msg_1', status: 'completed' }, {}]);
	expect(JSON.stringify(inputOf(conversation, 'xai'))).not.toContain('msg_');
});

test('CH-01 the same conversation as chat messages', () => {
	expect(messagesOf(conversation)).toEqual([
		{ role: 'user', content: 'What is tea?' },
		{ role: 'assistant', content: 'Leaves in water.' },
		{
			role: 'user',
			content: [
				{ type: 'text', text: 'And this?' },
				{ type: 'image_url', image_url: { url } }
			]
		}
	]);
});

test('CH-07 an answer of which nothing was said is left out: servers refuse an empty message', () => {
	const stopped: Message[] = [
		{ role: 'user', text: 'One' },
		{ role: 'assistant', text: ' ' },
		{ role: 'user', text: 'Two' }
	];
	expect(inputOf(stopped)).toMatchObject([
		{ role: 'user', content: [{ text: 'One' }] },
		{ role: 'user', content: [{ text: 'Two' }] }
	]);
	expect(messagesOf(stopped)).toEqual([{ role: 'user', content: 'One\n\nTwo' }]);
});

test("TS-01 chat messages take turns and the first is the person's, as many chat templates demand", () => {
	const cut: Message[] = [
		{ role: 'assistant', text: 'Cut off.' },
		...conversation.slice(0, 2),
		conversation[1] as Message
	];
	expect(messagesOf(cut)).toEqual([
		{ role: 'user', content: 'What is tea?' },
		{ role: 'assistant', content: 'Leaves in water.\n\nLeaves in water.' }
	]);
});

test('CH-01 one text stays one text', () => {
	expect(inputOf('Hello')).toBe('Hello');
	expect(messagesOf('Hello')).toEqual([{ role: 'user', content: 'Hello' }]);
});
