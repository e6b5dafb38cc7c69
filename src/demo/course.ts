import { outputAfter } from './events.ts';
import type { ScriptedEvent, WireEvent } from './events.ts';
import { imageToolUsage, isRefused, mayDraw } from './images/image-tool.ts';
import { mayResearch } from './request.ts';
import { responseObject } from './response-object.ts';
import type { Identity, Standing } from './response-object.ts';
import { seededId } from './seeded.ts';
import { toolUsageAfter, usageAfter } from './usage.ts';

/** A fault that changes what happens in a run, as opposed to how it is told. `after` counts events. */
export interface Course {
	name: string;
	after?: number;
}

/** A response about to be made. `courses` are the faults that change what happens in it. */
export interface Run extends Identity {
	/** Speed factor of its clock. */
	pace: number;
	courses: Course[];
	/** The provider reports no usage for it. */
	usageNull: boolean;
}

// Silence after which a keepalive goes out. Real ones come every 30 s or so; a demo run is some fifteen times shorter.
const KEEPALIVE_MS = 2_000;
// How long a stuck response keeps its streams alive, in keepalives.
const STUCK_KEEPALIVES = 600;
const SERVER_ERROR = {
	code: 'server_error',
	message: 'The demo was asked to fail here. An error occurred while processing your request.'
};

const IMAGE_REFUSED = {
	code: 'image_content_policy_violation',
	message: 'Your request was rejected by the safety system.'
};

/** Turns the plain course of a run into the final one: faults, keepalives, sequence numbers and the terminal event. */
export function bend(events: ScriptedEvent[], run: Run, prompt: string): ScriptedEvent[] {
	if (has(run, 'stuck_queued')) return numbered(stuck(events));
	const broken = breakOf(run, prompt);
	const alive = withKeepalives(events);
	const kept = broken ? alive.slice(0, broken.after ?? Math.ceil(alive.length * 0.6)) : alive;
	const told = [...withUnknownEvent(kept, run)];
	if (broken && /_error$/.test(broken.name))
		told.push({ at: told.at(-1)?.at ?? 0, event: errorEvent(broken.name, run.id) });
	const event = broken ? failedEvent(run, told, prompt, broken.name) : endedEvent(run, told, prompt);
	return numbered([...told, { at: (told.at(-1)?.at ?? 0) + 20, event }]);
}

/** The event that a stream ends with after a cancel: there is no `response.cancelled`. */
export function cancelledEvent(
	run: Identity & { usageNull: boolean },
	due: ScriptedEvent[],
	prompt: string
): WireEvent {
	const output = outputAfter(due);
	const response = responseObject(run, { status: 'cancelled', output, ...used(run, due, prompt) });
	return { type: 'response.failed', sequence_number: due.length, response };
}

/** How many characters of the final message fit: fewer than it has under `incomplete` or a small max_output_tokens. */
export function messageLimit(run: Run, before: ScriptedEvent[], text: string): number {
	if (has(run, 'incomplete')) return Math.floor(text.length * 0.4);
	const { maxOutputTokens } = run.request;
	if (maxOutputTokens === null) return Infinity;
	return Math.max(0, (maxOutputTokens - usageAfter('', before).output_tokens) * 4);
}

function has({ courses }: Run, name: string): boolean {
	return courses.some((course) => course.name === name);
}

/** What makes the run fail, if anything does. */
function breakOf(run: Run, prompt: string): Course | undefined {
	const broken = run.courses.find(({ name }) => /^(failed|nested_error|flat_error|moderation_midstream)$/.test(name));
	if (broken?.name === 'moderation_midstream') return { name: broken.name };
	return broken ?? (isRefused(run.request, prompt) ? { name: 'moderation_midstream', after: 6 } : undefined);
}

function stuck(events: ScriptedEvent[]): ScriptedEvent[] {
	const alive = Array.from({ length: STUCK_KEEPALIVES }, (_, index) => ({
		at: (index + 1) * KEEPALIVE_MS,
		event: { type: 'keepalive' }
	}));
	return [...events.slice(0, 2), ...alive];
}

function withUnknownEvent(events: ScriptedEvent[], { courses }: Run): ScriptedEvent[] {
	const unknown = courses.find(({ name }) => name === 'unknown_event');
	if (!unknown) return events;
	const place = Math.min(unknown.after ?? 5, events.length);
	const event = { type: 'response.demo_experiment.progress', note: 'an event type that no client knows', share: 0.5 };
	return events.toSpliced(place, 0, { at: events[place - 1]?.at ?? 0, event });
}

function withKeepalives(events: ScriptedEvent[]): ScriptedEvent[] {
	return events.flatMap((scripted, index) => {
		const before = events[index - 1]?.at ?? 0;
		const count = Math.max(0, Math.ceil((scripted.at - before) / KEEPALIVE_MS) - 1);
		const alive = Array.from({ length: count }, (_, each) => ({
			at: before + (each + 1) * KEEPALIVE_MS,
			event: { type: 'keepalive' }
		}));
		return [...alive, scripted];
	});
}

function numbered(events: ScriptedEvent[]): ScriptedEvent[] {
	return events.map((scripted, sequence_number) => {
		const { type, ...fields } = scripted.event;
		return { ...scripted, at: Math.round(scripted.at), event: { type, sequence_number, ...fields } };
	});
}

function errorEvent(name: string, id: string): WireEvent {
	const message = `${SERVER_ERROR.message} Include the request ID ${seededId('req', id).slice(0, 16)} if you report it.`;
	if (name === 'flat_error') return { type: 'error', code: SERVER_ERROR.code, message, param: null };
	return { type: 'error', error: { type: 'server_error', code: SERVER_ERROR.code, message, param: null } };
}

function failedEvent(run: Run, events: ScriptedEvent[], prompt: string, by: string): WireEvent {
	const standing: Standing = {
		status: 'failed',
		error: by === 'moderation_midstream' ? IMAGE_REFUSED : SERVER_ERROR,
		output: outputAfter(events),
		...used(run, events, prompt)
	};
	return { type: 'response.failed', response: responseObject(run, standing) };
}

function endedEvent(run: Run, events: ScriptedEvent[], prompt: string): WireEvent {
	const output = outputAfter(events);
	const cut = output.some(({ status }) => status === 'incomplete');
	const completedAt = Math.floor((run.createdAt + (events.at(-1)?.at ?? 0) / run.pace) / 1000);
	const end: Standing = cut
		? { status: 'incomplete', incomplete: { reason: 'max_output_tokens' } }
		: { status: 'completed', completedAt };
	return {
		type: `response.${end.status}`,
		response: responseObject(run, { ...end, output, ...used(run, events, prompt) })
	};
}

function used(run: Identity & { usageNull: boolean }, events: ScriptedEvent[], prompt: string): Partial<Standing> {
	if (run.usageNull) return { usage: null };
	const usage = usageAfter(prompt, events);
	if (mayDraw(run.request)) {
		const image_gen = imageToolUsage(run.request, prompt, events);
		return { usage, toolUsage: { ...toolUsageAfter(events), image_gen } };
	}
	return mayResearch(run.request) ? { usage, toolUsage: toolUsageAfter(events) } : { usage };
}
