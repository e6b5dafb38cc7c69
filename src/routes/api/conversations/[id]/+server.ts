import { deleteConversation, getConversation } from '$lib/server/http/conversation-door.ts';
import { door } from '$lib/server/http/door.ts';

export const { GET, DELETE, fallback } = door({ GET: getConversation, DELETE: deleteConversation });
