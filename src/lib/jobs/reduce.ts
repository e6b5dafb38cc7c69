import type { BaseEvent, JobEvent } from './event.ts';
import { isTerminal } from './job.ts';
import type { JobSnapshot, PhaseState } from './snapshot.ts';

/** How an operation folds its own events into its own state. */
export type OwnReducer = (state: unknown, event: { type: string; data: unknown; at: number }) => unknown;

/**
 * Adds one event to a snapshot: the same pure function on the server and in the page. An event that was seen before
 * (by `seq`) changes nothing; one that cannot be read is counted and passed over.
 */
export function reduce(snapshot: JobSnapshot, event: JobEvent, own: OwnReducer): JobSnapshot {
	if (event.seq !== null && event.seq <= snapshot.seq) return snapshot;
	const next = { ...snapshot, seq: event.seq ?? snapshot.seq, serverNow: Math.max(snapshot.serverNow, event.at) };
	if (isTerminal(snapshot.status)) return event.seq === null ? snapshot : next;
	try {
		const changed = applyBase(next, event);
		return changed ?? { ...next, state: own(snapshot.state, event) };
	} catch {
		return passOver(snapshot, event);
	}
}

/** Goes past an event that cannot be read, so that the ones after it still count (IR-12); seen before, it changes nothing. */
export function passOver(snapshot: JobSnapshot, event: JobEvent): JobSnapshot {
	if (event.seq !== null && event.seq <= snapshot.seq) return snapshot;
	return { ...snapshot, seq: Math.max(snapshot.seq, event.seq ?? 0), unreadable: snapshot.unreadable + 1 };
}

type Folds = { [E in BaseEvent as E['type']]: (s: JobSnapshot, data: E['data'], at: number) => JobSnapshot };

/** What each event that every operation has does to a snapshot. */
const folds: Folds = {
	queued: (s, { retryOf }) => ({ ...s, retryOf }),
	started: (s, { provider, model, shares }, at) => ({
		...s,
		...{ status: 'running', startedAt: s.startedAt ?? at, provider, model, queuePosition: null },
		phases: s.phases.map((phase) => ({ ...phase, weight: shares?.[phase.name] ?? phase.weight }))
	}),
	response: (s, { responseId, model }) => ({ ...s, responseId, model: model ?? s.model }),
	phase: (s, { phase, fraction }, at) => enterPhase(s, phase, fraction, at),
	progress: (s, data) => showProgress(s, data),
	activity: (s, { message }) => ({ ...s, activity: message }),
	content: (s, { target, text, replace }) => ({
		...s,
		content: { ...s.content, [target]: replace ? text : (s.content[target] ?? '') + text }
	}),
	notice: (s, notice, at) => ({ ...s, notices: [...s.notices, { at, ...notice }] }),
	usage: (s, { usage, cost }) => ({ ...s, usage, cost }),
	artifact: (s, file) => ({ ...s, artifacts: [...s.artifacts.filter(({ name }) => name !== file.name), file] }),
	question: (s, question, at) => ({ ...s, question: { at, ...question }, waitingFor: 'person' }),
	answer: (s, _answer, at) => answered(s, at),
	finishing: (s, { requestedAt }) => ({ ...s, finishRequestedAt: requestedAt }),
	cancelling: (s, { reason, requestedAt }) => ({ ...s, cancelRequestedAt: requestedAt, cancelReason: reason }),
	done: (s, { result, cost, usage }, at) =>
		end(s, 'succeeded', at, { result, cost, usage, progress: { fraction: 1, basis: 'measured' } }),
	error: (s, { code, message, retryable, cost, usage, receipt }, at) =>
		end(s, 'failed', at, { error: { code, message, retryable }, cost, usage, receipt }),
	cancelled: (s, { receipt }, at) => end(s, 'cancelled', at, { receipt, cost: receipt.cost, usage: receipt.usage })
};

/** Null when the event is not one that every operation has. */
function applyBase(s: JobSnapshot, event: JobEvent): JobSnapshot | null {
	if (!Object.hasOwn(folds, event.type)) return null;
	const fold = folds[event.type as BaseEvent['type']] as (s: JobSnapshot, data: unknown, at: number) => JobSnapshot;
	return fold(s, event.data, event.at);
}

function enterPhase(s: JobSnapshot, name: string, fraction: number, at: number): JobSnapshot {
	const entered = s.phases.findIndex((phase) => phase.name === name);
	// The furthest phase stands (PG-01): going back changes nothing.
	if (entered < s.phases.findIndex((phase) => phase.name === s.phase)) return s;
	const phases = s.phases.map((phase, index): PhaseState => {
		if (index < entered) return { ...phase, status: 'done', endedAt: phase.endedAt ?? at };
		if (index === entered) return { ...phase, status: 'current', startedAt: phase.startedAt ?? at };
		return phase;
	});
	return { ...s, phase: name, phases, progress: raise(s.progress, { fraction, basis: 'estimated' }) };
}

/** The time that a person took is not the phase's own. */
function answered(s: JobSnapshot, at: number): JobSnapshot {
	const waitedMs = Math.max(0, at - (s.question?.at ?? at));
	const phases = s.phases.map((phase) =>
		phase.status === 'current' ? { ...phase, waitedMs: phase.waitedMs + waitedMs } : phase
	);
	return { ...s, phases, question: null, waitingFor: null };
}

function showProgress(s: JobSnapshot, data: Extract<BaseEvent, { type: 'progress' }>['data']): JobSnapshot {
	const { elapsedMs, remaining, runs, overdue, contact } = data.metadata;
	const shown =
		data.basis === 'unknown' ? s.progress : raise(s.progress, { fraction: data.fraction, basis: data.basis });
	const estimate = { runs, overdue, quiet: data.state === 'quiet', sentence: data.message };
	return { ...s, progress: shown, elapsedMs, remaining, estimate, contact: contact ?? s.contact };
}

/** The displayed fraction never falls. */
function raise(shown: JobSnapshot['progress'], to: JobSnapshot['progress']): JobSnapshot['progress'] {
	if (to.fraction === null) return shown;
	return { fraction: Math.max(shown.fraction ?? 0, to.fraction), basis: to.basis };
}

function end(
	s: JobSnapshot,
	status: 'succeeded' | 'failed' | 'cancelled',
	at: number,
	facts: Partial<JobSnapshot>
): JobSnapshot {
	const phases = s.phases.map((phase): PhaseState => {
		if (status === 'succeeded') return { ...phase, status: 'done', endedAt: phase.endedAt ?? at };
		return phase.status === 'current' ? { ...phase, endedAt: at } : phase;
	});
	const ended = { status, phases, endedAt: at, activity: null, remaining: null };
	const nothingOpen = { question: null, waitingFor: null, queuePosition: null, contact: null };
	return {
		...s,
		...facts,
		...ended,
		...nothingOpen,
		elapsedMs: s.startedAt === null ? 0 : Math.max(0, at - s.startedAt)
	};
}
