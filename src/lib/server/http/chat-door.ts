import type { RequestEvent } from '@sveltejs/kit';
import { z } from 'zod';
import { HeadwayError } from '../../jobs/error.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import type { ChatResult } from '../../operations/chat/model.ts';
import { readInput } from '../read-input.ts';
import { fromBody } from './batch-door.ts';
import { ChatFrames, type TurnPlace } from './chat-frame.ts';
import { readBody } from './door.ts';
import { askedEvents, askedJob, nothingMore, readKey } from './job-doors.ts';
import { problem } from './problem.ts';
import { sseResponse } from './sse.ts';
import { cancelLeft, failureStatus, noOutcome, turnOutcome } from './turn-outcome.ts';

/** What stands in the body beside the turn's input. */
const around = z.object({ stream: z.boolean().optional(), options: z.record(z.string(), z.unknown()).optional() });

/**
 * `POST /api/chat`: one turn, the input is the body. Its answer is a stream of `token`, `stage`, `plan`, `tool`, `citation`
 * and at its end `done`, `error` or `cancelled`; or one JSON document for who accepts only that, or says `stream: false`.
 */
export async function startChat(event: RequestEvent): Promise<Response> {
	const { request, locals } = event;
	const { stream, options, ...input } = await readBody(request);
	const wish = readInput(around, { stream, options }, 'body') as z.output<typeof around>;
	const once = wish.stream === false || (wish.stream === undefined && wantsOnce(request));
	if (!once) locals.app.live.streams.admit(locals.owner);
	const turn = await begin(event, input, { ...wish.options, ...(wish.stream === false ? { stream: false } : {}) });
	return once ? answerOnce(event, turn) : answerStream(event, turn, true);
}

/** `GET /api/chat?job_id=`: the same stream of a turn that was begun before, from `Last-Event-ID` or `?after=` on. */
export async function followChat(event: RequestEvent): Promise<Response> {
	const { app, owner } = event.locals;
	const turn = await app.jobs.snapshot(owner, await askedJob(event));
	if (turn.operation !== 'chat') throw new HeadwayError('not_found', 'This job is no turn of a chat.');
	return answerStream(event, turn, false);
}

async function begin({ request, locals }: RequestEvent, input: unknown, options: unknown): Promise<JobSnapshot> {
	const { app, owner } = locals;
	const asked = { operation: 'chat', input, options, idempotencyKey: readKey(request) };
	try {
		return (await app.jobs.start(owner, asked)).snapshot;
	} catch (error) {
		throw error instanceof HeadwayError && error.code === 'invalid_input' ? fromBody(error) : error;
	}
}

function wantsOnce(request: Request): boolean {
	const accept = request.headers.get('accept') ?? '';
	return accept.includes('application/json') && !accept.includes('text/event-stream');
}

async function placeOf({ app, owner }: App.Locals, jobId: string): Promise<TurnPlace> {
	return { jobId, conversationId: (await app.conversations.turn(owner, jobId))?.conversationId ?? null };
}

async function answerStream(event: RequestEvent, turn: JobSnapshot, admitted: boolean): Promise<Response> {
	const { request, locals } = event;
	const { app, owner } = locals;
	const asked = await askedEvents(event, turn.id);
	if (!asked) return nothingMore();
	const frames = new ChatFrames(app, owner, await placeOf(locals, turn.id));
	return sseResponse(
		{
			...{ app, owner, ...asked, signal: request.signal, admitted },
			say: (told) => frames.frame(told),
			// Who only follows did not begin it.
			...(admitted ? { onHangUp: () => cancelLeft(event, turn) } : {})
		},
		{ headers: { location: `/api/jobs/${turn.id}` } }
	);
}

async function answerOnce(event: RequestEvent, turn: JobSnapshot): Promise<Response> {
	const { app, owner } = event.locals;
	const outcome = await turnOutcome(event, turn.id);
	if (typeof outcome === 'string') return noOutcome(outcome, event, turn);
	const place = await placeOf(event.locals, turn.id);
	const kept = (await app.conversations.turn(owner, turn.id))?.answer ?? outcome.content.answer ?? '';
	return outcomeResponse(outcome, place, kept);
}

function outcomeResponse(outcome: JobSnapshot, place: TurnPlace, kept: string): Response {
	const { status, cost, usage, model, error, question, receipt } = outcome;
	const facts = { ...place, model, cost, usage };
	const headers = { location: `/api/jobs/${place.jobId}` };
	switch (status) {
		case 'succeeded':
			return Response.json({ status, ...(outcome.result as ChatResult), ...facts }, { headers });
		case 'cancelled':
			return Response.json({ status, text: kept, reason: outcome.cancelReason, receipt, ...facts }, { headers });
		case 'failed': {
			const { code = 'internal', message = '', retryable = true } = error ?? {};
			const more = { text: kept, retryable, ...facts };
			return problem(new HeadwayError(code, message), headers, { status: failureStatus(code), more });
		}
		default:
			// It waits for a person: the answer goes to POST /api/jobs/:id/answer.
			return Response.json({ status, question, text: kept, ...facts }, { status: 202, headers });
	}
}
