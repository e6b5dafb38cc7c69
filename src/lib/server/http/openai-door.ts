import type { RequestEvent } from '@sveltejs/kit';
import { HeadwayError } from '../../jobs/error.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import type { ChatResult } from '../../operations/chat/model.ts';
import { readBody } from './door.ts';
import { readKey } from './job-doors.ts';
import { completion, type CompletionFacts } from './openai-answer.ts';
import { openAiError } from './openai-error.ts';
import { AGENT_MODEL, readCompletion, type CompletionRequest } from './openai-request.ts';
import { CompletionStream } from './openai-stream.ts';
import { sseResponse } from './sse.ts';
import { cancelLeft, failureStatus, noOutcome, turnOutcome } from './turn-outcome.ts';

/** `GET /v1/models`: the agent, and the models that it can be told to run on. */
export async function listModels({ locals: { app } }: RequestEvent): Promise<Response> {
	const owners = new Map([[AGENT_MODEL, 'headway']]);
	for (const { id, defaultModel } of app.providers.all()) if (!owners.has(defaultModel)) owners.set(defaultModel, id);
	const data = [...owners].map(([id, owner]) => ({ id, object: 'model', created: 0, owned_by: owner }));
	return Response.json({ object: 'list', data });
}

/** `POST /v1/chat/completions`: one turn, with the conversation that the caller keeps. Hanging up cancels it. */
export async function complete(event: RequestEvent): Promise<Response> {
	const { request, locals } = event;
	const asked = readCompletion(await readBody(request), locals.app.providers);
	if (asked.stream) locals.app.live.streams.admit(locals.owner);
	const turn = await begin(event, asked);
	const facts = { jobId: turn.id, model: asked.model, createdAt: turn.createdAt };
	return asked.stream ? answerStream(event, turn, asked, facts) : answerOnce(event, turn, facts);
}

async function begin({ request, locals }: RequestEvent, asked: CompletionRequest): Promise<JobSnapshot> {
	const { input, options, pathOf } = asked;
	const start = { operation: 'chat', input, options, idempotencyKey: readKey(request) };
	try {
		return (await locals.app.jobs.start(locals.owner, start)).snapshot;
	} catch (error) {
		if (!(error instanceof HeadwayError) || !error.fields) throw error;
		const fields = error.fields.map(({ path, message }) => ({ path: pathOf(path), message }));
		const [first] = fields;
		throw new HeadwayError(error.code, first ? `${first.path}: ${first.message}` : error.message, { fields });
	}
}

function answerStream(
	event: RequestEvent,
	turn: JobSnapshot,
	{ includeUsage }: CompletionRequest,
	facts: CompletionFacts
): Promise<Response> {
	const { app, owner } = event.locals;
	const stream = new CompletionStream(facts, includeUsage, (questionId) => void decline(event, turn.id, questionId));
	return sseResponse({
		...{ app, owner, jobId: turn.id, after: 0, signal: event.request.signal, admitted: true, lasting: true },
		say: (told) => stream.say(told),
		onHangUp: () => cancelLeft(event, turn)
	});
}

async function answerOnce(event: RequestEvent, turn: JobSnapshot, facts: CompletionFacts): Promise<Response> {
	const answered = new Set<string>();
	for (;;) {
		const outcome = await turnOutcome(event, turn.id, answered);
		if (typeof outcome === 'string') return noOutcome(outcome, event, turn);
		const { status, question, error } = outcome;
		if (status === 'succeeded')
			return Response.json(completion(facts, { usage: outcome.usage, result: outcome.result as ChatResult }));
		if (status === 'cancelled')
			return openAiError(new HeadwayError('conflict', 'The answer was stopped.'), { once: true });
		if (status === 'failed') {
			const { code = 'internal', message = 'Something went wrong inside Headway.' } = error ?? {};
			return openAiError(new HeadwayError(code, message), { status: failureStatus(code), once: true });
		}
		if (!question) continue;
		answered.add(question.questionId);
		await decline(event, turn.id, question.questionId);
	}
}

/** A tool that would ask a person first is not run: at this door nobody is there to be asked. */
async function decline({ locals: { app, owner } }: RequestEvent, jobId: string, questionId: string): Promise<void> {
	await app.jobs.answer(owner, jobId, questionId, { allow: false }).catch(async (error: unknown) => {
		app.log.warn({ jobId, questionId, error: String(error) }, 'question not declined');
		await app.jobs.cancel(owner, jobId, 'error').catch(() => undefined);
	});
}
