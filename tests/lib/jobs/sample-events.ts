const cost = { usd: 0.25, known: true };
const usage = { inputTokens: 10, cachedTokens: null, outputTokens: 20, reasoningTokens: 5, searches: 1 };
const metadata = { elapsedMs: 5_000, remaining: { low: 1_000, high: 9_000 }, runs: 12, overdue: false };
const receipt = {
	...{ reason: 'user', requestedAt: 1, provider: 'confirmed', acknowledgedAt: 2, stoppedAt: 3 },
	...{ cleanedUp: [{ what: 'a file', ok: true }], cost, usage, kept: ['2 notes'] }
};
const artifact = {
	name: 'report.md',
	mediaType: 'text/markdown',
	size: 3,
	sha256: 'ab',
	url: '/api/jobs/job_1/artifacts/report.md'
};

/** One sound body of every event that all operations have. */
export const everyEvent: { type: string; data: unknown }[] = [
	{ type: 'queued', data: { operation: 'steps', title: 'work', retryOf: null } },
	{ type: 'started', data: { epoch: 1, provider: 'fake', model: 'fake-1', adopted: false } },
	{ type: 'response', data: { responseId: 'resp_1', model: 'fake-1-dated' } },
	{ type: 'phase', data: { phase: 'first', fraction: 0.1 } },
	{
		type: 'progress',
		data: { basis: 'estimated', fraction: 0.2, operation: 'steps', message: 'about 1 min', state: 'active', metadata }
	},
	{ type: 'activity', data: { message: 'Reading' } },
	{ type: 'content', data: { target: 'report', text: 'Once ' } },
	{ type: 'notice', data: { level: 'info', code: 'reconnected', message: 'Reconnected.' } },
	{ type: 'usage', data: { usage, cost } },
	{ type: 'artifact', data: artifact },
	{ type: 'question', data: { questionId: 'q', prompt: 'Which?', schema: { type: 'string' } } },
	{ type: 'answer', data: { questionId: 'q', value: 'this' } },
	{ type: 'finishing', data: { requestedAt: 4 } },
	{ type: 'cancelling', data: { reason: 'user', requestedAt: 1 } },
	{ type: 'done', data: { result: { sum: 1 }, resultAvailable: true, cost, usage } },
	{ type: 'error', data: { code: 'timeout', message: 'Too late.', retryable: true, cost, usage, receipt } },
	{ type: 'cancelled', data: { reason: 'user', receipt } }
];
