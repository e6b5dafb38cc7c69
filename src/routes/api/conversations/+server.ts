import { listConversations } from '$lib/server/http/conversation-door.ts';
import { door } from '$lib/server/http/door.ts';

export const { GET, fallback } = door({ GET: listConversations });
