/** What Headway's chat asks its provider for. */
export type RequestKind = 'plan' | 'ranking' | 'memories' | 'answer';

// The sentences that the instructions begin with, and the names of the schemas that go with them.
const SENTENCES: Record<string, RequestKind> = {
	'You plan the work of an assistant.': 'plan',
	'You rank passages.': 'ranking',
	'You decide what is worth remembering.': 'memories',
	'You are the assistant of this conversation.': 'answer'
};

/** Which of the chat's requests this is, by the first sentence of its instructions; null for any other request. */
export function requestKind(instructions: string | null): RequestKind | null {
	const [first = ''] = /^\s*[^.]*\./.exec(instructions ?? '') ?? [];
	return SENTENCES[first.trim()] ?? null;
}

/** A JSON schema that the answer has to fit, from the body of a request of either API. */
export function schemaIn(body: Record<string, unknown>): unknown {
	const { text, response_format: format } = body as {
		text?: { format?: { schema?: unknown } };
		response_format?: { json_schema?: { schema?: unknown } };
	};
	return text?.format?.schema ?? format?.json_schema?.schema ?? null;
}
