import type { RequestEvent } from '@sveltejs/kit';
import { HeadwayError, type ErrorCode } from '../../jobs/error.ts';
import { isTerminal } from '../../jobs/job.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import { jobKey } from '../bell.ts';
import { whileThere } from './hang-up.ts';
import { nothingMore } from './job-doors.ts';

const statuses: Partial<Record<ErrorCode, number>> = {
	timeout: 504,
	provider_idle: 504,
	interrupted: 503,
	unavailable: 503,
	provider_overloaded: 503,
	provider_paused: 503,
	provider_rate_limit: 429,
	provider_model: 400,
	provider_bad_request: 400,
	refused: 422,
	provider_moderation: 422
};

/** The HTTP status that a turn's failure has where it is the answer to the request that began it. */
export function failureStatus(code: ErrorCode): number {
	return statuses[code] ?? (code.startsWith('provider_') ? 502 : 500);
}

/** Why a request ends before its turn: its caller hung up, or the server is stopping. */
export type Left = 'hung up' | 'draining';

/** How a turn stands once it has ended, or asks a person something that is not among the `answered`; or why nobody waits for that any more. */
export async function turnOutcome(
	event: Pick<RequestEvent, 'locals' | 'request' | 'platform'>,
	jobId: string,
	answered: ReadonlySet<string> = new Set()
): Promise<JobSnapshot | Left> {
	const { draining } = event.locals.app.live;
	return whileThere(event, async (hungUp) => {
		const outcome = await outcomeOf(event.locals, { jobId, answered, until: AbortSignal.any([hungUp, draining]) });
		return outcome ?? (hungUp.aborted ? 'hung up' : 'draining');
	});
}

async function outcomeOf(
	{ app, owner }: App.Locals,
	{ jobId, answered, until }: { jobId: string; answered: ReadonlySet<string>; until: AbortSignal }
): Promise<JobSnapshot | null> {
	const listener = app.bell.listen([jobKey(jobId)]);
	try {
		while (!until.aborted) {
			const { status, waitingFor } = await app.queries.get(owner, jobId);
			const isOver = isTerminal(status);
			const snapshot = isOver || waitingFor === 'person' ? await app.jobs.snapshot(owner, jobId) : null;
			const asked = snapshot?.question?.questionId;
			if (snapshot && (isOver || (asked !== undefined && !answered.has(asked)))) return snapshot;
			await listener.next(until);
		}
		return null;
	} finally {
		listener.close();
	}
}

/** What is answered where there is no outcome: nothing to one who hung up (and a turn that was to end with that is cancelled), "come back" during a shutdown. */
export function noOutcome(left: Left, { locals }: Pick<RequestEvent, 'locals'>, turn: JobSnapshot): Response {
	if (left === 'draining')
		throw new HeadwayError('unavailable', 'The server is restarting. The answer goes on; ask for its job again.', {
			retryAfter: 5
		});
	cancelLeft({ locals }, turn);
	return nothingMore();
}

/** Cancels a turn whose caller hung up before it had ended, where that was asked for (CX-16). */
export function cancelLeft({ locals: { app, owner } }: Pick<RequestEvent, 'locals'>, turn: JobSnapshot): void {
	if (turn.options.onDisconnect !== 'cancel') return;
	void app.jobs.cancel(owner, turn.id, 'disconnect').catch(() => undefined);
}
