import type { JobEvent } from '$lib/jobs/event.ts';

/** One block of an event stream, as it came. */
export interface SseMessage {
	event?: string;
	id?: string;
	data?: string;
	retry?: string;
	comment?: string;
}

/** The blocks of a `text/event-stream` answer, until it closes. */
export async function* readSse(response: Response): AsyncGenerator<SseMessage, void> {
	const decoder = new TextDecoder();
	let rest = '';
	for await (const chunk of response.body ?? []) {
		const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
		rest = blocks.pop() ?? '';
		for (const block of blocks) if (block.trim() !== '') yield parse(block);
	}
}

function parse(block: string): SseMessage {
	const fields = block.split('\n').flatMap((line): [string, string][] => {
		const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
		return line === '' ? [] : [[name === '' ? 'comment' : name, value]];
	});
	return Object.fromEntries(fields);
}

/** The job events of a stream, until it closes; `durable` leaves out those without a seq. */
export async function readEvents(response: Response, durable = true): Promise<JobEvent[]> {
	const events: JobEvent[] = [];
	for await (const { data } of readSse(response)) if (data) events.push(JSON.parse(data) as JobEvent);
	return durable ? events.filter(({ seq }) => seq !== null) : events;
}

/** Reads on until a block fits; fails when the stream closes before. */
export async function readUntil(
	messages: AsyncGenerator<SseMessage, void>,
	fits: (message: SseMessage) => boolean
): Promise<SseMessage> {
	for (;;) {
		const { done, value } = await messages.next();
		if (done || !value) throw new Error('the stream closed before what was waited for');
		if (fits(value)) return value;
	}
}
