import { expect, test } from 'vitest';
import { clientFor, demoFor, eventsIn, eventsOf, request, researchRequest, transcript } from './support.ts';
import type { Told } from './support.ts';

// The demo runs no code, so it has no such events to compare.
const NOT_PLAYED = /code_interpreter/;

test('BY-15 every event of a research has the fields that the recorded one has, at every level', async () => {
	const demo = await demoFor();
	const told = shapesOf(
		await eventsOf(demo, researchRequest('How do Fresnel lenses and glaciers bend light?', 'high'))
	);
	const recorded = shapesOf(eventsIn(transcript('deep_research')));
	expect(recorded.size).toBeGreaterThan(20);
	for (const [place, keys] of recorded) expect([place, told.get(place)]).toEqual([place, keys]);
	expect([...told.keys()].filter((place) => !recorded.has(place))).toEqual([]);
});

test.for(['plain_text', 'refusal', 'incomplete', 'failed'])(
	'BY-15 a run that ends as in %s has the fields of its transcript',
	async (name) => {
		const demo = await demoFor();
		const fault = { plain_text: undefined, refusal: 'refusal', incomplete: 'incomplete', failed: 'nested_error' }[name];
		const body = name === 'failed' ? { ...researchRequest(), include: [] } : plainRequest();
		const told = shapesOf(await eventsOf(demo, body, fault ? { 'x-demo-fault': fault } : {}));
		for (const [place, keys] of shapesOf(eventsIn(transcript(name)))) {
			// What a failed run reports as used is not settled: the transcript has null, the demo what there is.
			if (place.startsWith('response.failed')) expect(told.get(place)).toEqual(expect.arrayContaining(keys));
			else expect([place, told.get(place)]).toEqual([place, keys]);
		}
	}
);

test('RS-13 events arrive in the recorded order: items one after the other, each with its own little sequence', async () => {
	const demo = await demoFor();
	for (const events of [await eventsOf(demo), eventsIn(transcript('deep_research'))]) {
		expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
		expect(letters(events)).toMatch(ORDER);
	}
});

test('RS-13 every event is a named frame with nothing else, and the stream ends behind the terminal one', async () => {
	const demo = await demoFor();
	const answer = await request(demo, 'POST', '/responses', researchRequest());
	const frames = (await answer.text()).split('\n\n');
	expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
	expect(frames.pop()).toBe('');
	for (const frame of frames) {
		const [, name, data] = /^event: (\S+)\ndata: (\{.*\})$/.exec(frame) ?? [];
		expect((JSON.parse(data ?? '') as Told).type).toBe(name);
	}
	expect(frames.at(-1)).toContain('event: response.completed');
});

test('BY-15 the SDK reads a whole research and its deltas add up to the report', async () => {
	const demo = await demoFor();
	let text = '';
	let final = '';
	for await (const event of await clientFor(demo).responses.create(researchRequest())) {
		if (event.type === 'response.output_text.delta') text += event.delta;
		if (event.type === 'response.completed')
			final = event.response.output
				.flatMap((item) => (item.type === 'message' ? item.content : []))
				.map((part) => ('text' in part ? part.text : ''))
				.join('');
	}
	expect(text).toMatch(/^# How do Fresnel lenses/);
	expect(final).toBe(text);
});

test('BY-15 usage is null until the end, and then counts tokens and billable searches', async () => {
	const demo = await demoFor();
	const events = await eventsOf(demo);
	const objects = events.flatMap(({ response }) =>
		response ? [response as { usage: unknown; tool_usage?: unknown }] : []
	);
	expect(objects.slice(0, -1).map(({ usage, tool_usage }) => [usage, tool_usage])).toEqual([
		[null, undefined],
		[null, undefined],
		[null, undefined]
	]);
	const searches = events.filter(
		({ type, item }) => type.endsWith('item.done') && (item as { action?: { type: string } }).action?.type === 'search'
	);
	expect(objects.at(-1)).toMatchObject({
		usage: { output_tokens: expect.any(Number) },
		tool_usage: { web_search: { num_requests: searches.length } }
	});
	expect(searches.length).toBeGreaterThan(1);
});

test('BY-15 every answer has the headers of the original', async () => {
	const demo = await demoFor();
	const { headers } = await request(demo, 'GET', '/models');
	expect(headers.get('x-request-id')).toMatch(/^req_/);
	expect(Number(headers.get('openai-processing-ms'))).toBeGreaterThan(0);
	expect(headers.get('x-ratelimit-remaining-requests')).toMatch(/^\d+$/);
});

function plainRequest() {
	return {
		model: 'demo-chat-1',
		input: 'How do Fresnel lenses work?',
		stream: true,
		reasoning: { effort: 'medium', summary: 'auto' }
	};
}

/** For each kind of object in the events (by event, by item and part and annotation type), the keys it has. */
function shapesOf(events: Told[]): Map<string, string[]> {
	const shapes = new Map<string, string[]>();
	for (const event of events)
		if (!NOT_PLAYED.test(JSON.stringify(event.item ?? event.type))) collect(shapes, event.type, event);
	return shapes;
}

function collect(shapes: Map<string, string[]>, place: string, value: object): void {
	const keys = new Set([...(shapes.get(place) ?? []), ...Object.keys(value)]);
	shapes.set(place, [...keys].sort());
	for (const [key, child] of Object.entries(value) as [string, unknown][])
		// What was sent comes back as it was sent; it is no shape of the demo's.
		if (!['tools', 'metadata', 'text'].includes(key)) collectChild(shapes, `${place}.${key}`, child);
}

function collectChild(shapes: Map<string, string[]>, place: string, child: unknown): void {
	if (Array.isArray(child)) for (const each of child) collectChild(shapes, `${place}[]`, each);
	else if (typeof child === 'object' && child !== null) {
		const { type, action } = child as { type?: string; action?: { type: string } };
		if (!NOT_PLAYED.test(type ?? '')) collect(shapes, [place, type, action?.type].filter(Boolean).join(' '), child);
	}
}

/** One letter per event, so that a regular expression can say what may follow what. */
function letters(events: Told[]): string {
	const names: Record<string, string> = {
		'response.created': 'C',
		'response.queued': 'Q',
		'response.in_progress': 'P',
		'response.completed': 'E',
		'response.output_item.added': '(',
		'response.output_item.done': ')',
		'response.reasoning_summary_part.added': '[',
		'response.reasoning_summary_text.delta': 'd',
		'response.reasoning_summary_text.done': 't',
		'response.reasoning_summary_part.done': ']',
		'response.web_search_call.in_progress': 'i',
		'response.web_search_call.searching': 's',
		'response.web_search_call.completed': 'c',
		'response.content_part.added': '{',
		'response.output_text.delta': 'D',
		'response.output_text.annotation.added': 'A',
		'response.output_text.done': 'T',
		'response.content_part.done': '}',
		keepalive: ''
	};
	return events
		.filter(({ type }) => !NOT_PLAYED.test(type))
		.map(({ type }) => names[type] ?? '?')
		.join('');
}

const ORDER = /^CQP(?:\((?:\[d+t\])*\)|\(isc\)|\(\))*\(\{D(?:D|(?<=D)A)*T\}\)E$/;
