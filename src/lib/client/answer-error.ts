/** An error as the server answers with it, or none at all where nothing answered. */
export interface AnswerError {
	data?: { code?: string; retryAfter?: number | null } | null | undefined;
}

const hopeless = new Set(['BAD_REQUEST', 'FORBIDDEN', 'UNAUTHORIZED']);

/** What an answer's code means for the attempts after it: only after a `cut` the same may be tried again. */
export function howOf({ data }: AnswerError): 'cut' | 'missing' | 'refused' {
	if (data?.code === 'NOT_FOUND') return 'missing';
	return hopeless.has(data?.code ?? '') ? 'refused' : 'cut';
}

/** How long the server said to wait, in ms; 0 where it said nothing. */
export function retryAfterMsOf(error: AnswerError | undefined): number {
	return (error?.data?.retryAfter ?? 0) * 1_000;
}
