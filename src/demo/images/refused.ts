import { WireError } from '../wire.ts';

const MESSAGE =
	'Your request was rejected by the safety system. (The demo refuses prompts with the word “forbidden”, and when told to.)';

/** The refusal of a prompt in OpenAI's shape. */
export function moderationError(): WireError {
	return new WireError(400, MESSAGE, { type: 'image_generation_user_error', code: 'moderation_blocked' });
}

/** Whether the demo takes a prompt for one that a real provider would not draw. */
export function isForbidden(prompt: string): boolean {
	return /\bforbidden\b/i.test(prompt);
}
