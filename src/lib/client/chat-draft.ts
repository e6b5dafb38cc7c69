/** What was typed and not sent, by conversation; kept in this browser over a reload. */
const keyOf = (conversation: string | null) => `headway-draft-${conversation ?? 'new'}`;

/** What was typed in a conversation, or in a new one; empty where nothing was, or nothing may be kept. */
export function keptDraft(conversation: string | null): string {
	try {
		return localStorage.getItem(keyOf(conversation)) ?? '';
	} catch {
		return '';
	}
}

/** Keeps what is typed; an empty text leaves nothing behind. */
export function keepDraft(conversation: string | null, text: string): void {
	try {
		if (text === '') localStorage.removeItem(keyOf(conversation));
		else localStorage.setItem(keyOf(conversation), text);
	} catch {
		// Storage may be forbidden or full; what is typed is still there.
	}
}
