import { followChat, startChat } from '$lib/server/http/chat-door.ts';
import { door, starts } from '$lib/server/http/door.ts';

export const { GET, POST, fallback } = door({ GET: followChat, POST: starts(startChat) });
