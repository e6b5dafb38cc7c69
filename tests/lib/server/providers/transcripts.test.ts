import { afterEach, expect, test } from 'vitest';
import type { ProviderEvent } from '../../../../src/lib/operations/operation.ts';
import { ReplayServer, Transcript } from '../../../support/replay-server.ts';
import { collect, never, providerAt, request } from './wiring.ts';

let server: ReplayServer;
afterEach(() => server.close());

const text =
	'# Battery recycling\n\nMean recovery was 94 % ([example.org](https://example.org/recovery)).\n' +
	'Targets rise in 2027 ([example.com](https://example.com/eu-rules)).\n';
const citations = [
	{ url: 'https://example.org/recovery', title: 'Recovery rates', start: 44, end: 89 },
	{ url: 'https://example.com/eu-rules', title: 'EU rules', start: 112, end: 157 }
];
const planning = '**Planning the research** I will look for recovery-rate data first, then check the yearly totals.';
const checking = '**Checking the numbers** I will compute the mean.';
const responseId = 'resp_0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6071';
const search = {
	kind: 'search',
	queries: ['lithium-ion battery recycling recovery rate 2026', 'EU battery regulation recovery targets'],
	sources: ['https://example.org/recovery', 'https://example.com/eu-rules']
} as const;
const openPage = { kind: 'open_page', url: 'https://example.org/recovery' } as const;
const findInPage = { kind: 'find_in_page', url: 'https://example.org/recovery', pattern: 'recovery rate' } as const;
const code = 'print(sum([90,95,97])/3)';

const items = [
	{ type: 'reasoning', itemId: 'rs_01', index: 0, text: planning },
	{ type: 'web', itemId: 'ws_01', state: 'completed', action: search },
	{ type: 'web', itemId: 'ws_02', state: 'completed', action: openPage },
	{ type: 'web', itemId: 'ws_03', state: 'completed', action: findInPage },
	{ type: 'reasoning', itemId: 'rs_02', index: 0, text: checking },
	{ type: 'tool', itemId: 'ci_01', name: 'code_interpreter', state: 'completed', detail: code },
	{ type: 'message', itemId: 'msg_01', phase: 'final_answer' },
	{ type: 'text_done', itemId: 'msg_01', part: 0, text, citations }
].map((item) => ({ cursor: null, ...item }));

const outcome = {
	responseId,
	status: 'completed',
	model: 'gpt-6-astra',
	text,
	citations,
	refusal: null,
	error: null,
	incompleteReason: null,
	usage: { inputTokens: 48_211, cachedTokens: 20_480, outputTokens: 6_120, reasoningTokens: 4_864, searches: 1 },
	// (48,211 - 20,480 - 12,000) at $10, 20,480 at $1, 12,000 at $12.50, 6,120 at $50 for a million each, one search at 1 ct.
	cost: { usd: expect.closeTo(0.64379, 8), known: true },
	items
};

const delta = (itemId: string, words: string) => ({ type: 'reasoning_delta', itemId, index: 0, text: words });
const spoken = (words: string) => ({ type: 'text', itemId: 'msg_01', part: 0, text: words });

const deepResearch: Record<number, object> = {
	0: { type: 'created', responseId, model: 'gpt-6-astra' },
	6: delta('rs_01', '**Planning the research** I will look '),
	7: delta('rs_01', 'for recovery-rate data first, then check '),
	8: delta('rs_01', 'the yearly totals.'),
	9: { type: 'reasoning', itemId: 'rs_01', index: 0, text: planning },
	12: { type: 'web', itemId: 'ws_01', state: 'started', action: null },
	16: { type: 'web', itemId: 'ws_01', state: 'completed', action: search },
	17: { type: 'web', itemId: 'ws_02', state: 'started', action: null },
	21: { type: 'web', itemId: 'ws_02', state: 'completed', action: openPage },
	22: { type: 'web', itemId: 'ws_03', state: 'started', action: null },
	26: { type: 'web', itemId: 'ws_03', state: 'completed', action: findInPage },
	29: delta('rs_02', '**Checking the numbers** I will compute '),
	30: delta('rs_02', 'the mean.'),
	31: { type: 'reasoning', itemId: 'rs_02', index: 0, text: checking },
	34: { type: 'tool', itemId: 'ci_01', name: 'code_interpreter', state: 'started', detail: '' },
	40: { type: 'tool', itemId: 'ci_01', name: 'code_interpreter', state: 'completed', detail: code },
	41: { type: 'message', itemId: 'msg_01', phase: 'final_answer' },
	43: spoken('# Battery recycling\n\n'),
	44: spoken('Mean recovery was 94 % '),
	45: spoken('([example.org](https://example.org/recovery))'),
	46: { type: 'citation', itemId: 'msg_01', part: 0, citation: citations[0] },
	47: spoken('.\n'),
	48: spoken('Targets rise in 2027 '),
	49: spoken('([example.com](https://example.com/eu-rules))'),
	50: { type: 'citation', itemId: 'msg_01', part: 0, citation: citations[1] },
	51: spoken('.\n'),
	54: { type: 'text_done', itemId: 'msg_01', part: 0, text, citations },
	55: { type: 'ended', outcome }
};

/** Each frame's fact, `alive` where it says nothing new; the first three also state the status. */
function expected(): object[] {
	const life = [
		{ cursor: 0, type: 'alive', status: 'queued' },
		{ cursor: 1, type: 'alive', status: 'queued' },
		{ cursor: 2, type: 'alive', status: 'in_progress' }
	];
	const frames = Array.from({ length: 56 }, (_, cursor) => ({
		cursor,
		...(deepResearch[cursor] ?? { type: 'alive' })
	}));
	return [frames[0] ?? {}, ...life, ...frames.slice(3)];
}

async function replay(name: string, chunk?: number): Promise<{ events: ProviderEvent[]; error: unknown }> {
	const transcript = new Transcript(name);
	server = await ReplayServer.start(() => ({ body: transcript.bytes, chunk }));
	return collect(providerAt(server.baseURL).create(request, never));
}

const chunkings = [
	['byte by byte', 1],
	['in pieces of 7 bytes', 7],
	['whole', undefined]
] as const;

test.each(chunkings)('RS-13 a deep research that arrives %s becomes the same normalized events', async (_, chunk) => {
	const { events, error } = await replay('deep_research', chunk);
	expect(error).toBeNull();
	expect(events).toEqual(expected());
});

function types(events: ProviderEvent[]): string[] {
	return events.map((event) => event.type).filter((type) => type !== 'alive');
}

function outcomeIn(events: ProviderEvent[]) {
	const last = events.at(-1);
	return last?.type === 'ended' ? last.outcome : null;
}

test.each(chunkings)('RS-13 an answer without tools is told %s: reasoning apart from text', async (_, chunk) => {
	const { events } = await replay('plain_text', chunk);
	expect(new Set(types(events))).toEqual(
		new Set(['created', 'reasoning_delta', 'reasoning', 'message', 'text', 'text_done', 'ended'])
	);
	const streamed = events.flatMap((event) => (event.type === 'text' ? event.text : [])).join('');
	expect(streamed).toBe('Tides rise because the Moon pulls unevenly.');
	expect(outcomeIn(events)).toMatchObject({ status: 'completed', text: streamed, citations: [] });
});

test.each(chunkings)(
	'RS-06 an error event that arrives %s fails with a code, its raw text in the cause',
	async (_, chunk) => {
		const { events, error } = await replay('failed', chunk);
		expect(types(events)).toEqual(['created', 'web', 'web']);
		expect(error).toMatchObject({ code: 'provider_error', message: expect.not.stringContaining('req_sim') });
		expect(JSON.stringify((error as Error).cause)).toContain('req_sim_0001');
	}
);

test.each(chunkings)('RS-13 a cancelled run that arrives %s as "failed" is cancelled', async (_, chunk) => {
	const { events } = await replay('cancelled', chunk);
	expect(types(events)).toEqual(['created', 'reasoning_delta', 'reasoning', 'web', 'ended']);
	expect(outcomeIn(events)).toMatchObject({
		status: 'cancelled',
		error: null,
		usage: null,
		cost: { usd: null, known: false }
	});
});

test.each(chunkings)(
	'RS-13 a run that stopped at its limit, told %s, keeps its text and its reason',
	async (_, chunk) => {
		const { events } = await replay('incomplete', chunk);
		expect(outcomeIn(events)).toMatchObject({
			status: 'incomplete',
			incompleteReason: 'max_output_tokens',
			text: 'The first reason is that'
		});
	}
);

test.each(chunkings)('RS-13 a refusal, told %s, is told as one and not as text', async (_, chunk) => {
	const { events } = await replay('refusal', chunk);
	expect(types(events)).toEqual(['created', 'message', 'refusal', 'ended']);
	expect(outcomeIn(events)).toMatchObject({ text: '', refusal: "I can't help with that." });
});

test.each(chunkings)('RS-13 an image made by a tool, told %s, is a tool call without its bytes', async (_, chunk) => {
	const { events } = await replay('image_tool', chunk);
	const tools = events.filter((event) => event.type === 'tool');
	expect(tools.map((event) => [event.name, event.state])).toEqual([
		['image_generation', 'started'],
		['image_generation', 'completed']
	]);
	expect(JSON.stringify(tools)).not.toContain('iVBOR');
});
