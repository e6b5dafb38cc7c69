import { afterEach, expect, test } from 'vitest';
import { systemClock, type Clock } from '../../../../src/lib/server/clock.ts';
import { attach } from '../../../../src/lib/server/providers/attach.ts';
import { json, ReplayServer, Transcript, type Recorded, type Reply } from '../../../support/replay-server.ts';
import { KeptMemory } from './scripted-provider.ts';
import { collect, KeptLog, never, providerAt, request } from './wiring.ts';

let server: ReplayServer;
afterEach(() => server.close());

const transcript = new Transcript('plain_text');
const said = 'Tides rise because the Moon pulls unevenly.';

/** Waits pass a thousand times faster. */
const hasty: Clock = { now: systemClock.now, after: (ms, task) => systemClock.after(ms / 1_000, task) };

async function run(reply: (asked: Recorded) => Reply, asked = request) {
	server = await ReplayServer.start(reply);
	const deps = { clock: hasty, idleMs: 5_000_000, log: new KeptLog(), signal: never, heard: () => {} };
	return collect(attach(providerAt(server.baseURL), asked, new KeptMemory(), deps));
}

/** The create brings `first`; from then on the server behaves. */
function once(first: Reply) {
	return (asked: Recorded) => (asked.method === 'POST' ? first : transcript.reply(asked));
}

const frames = transcript.events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
/** Where the first words of the answer are. */
const middle = transcript.events.findIndex((event) => event['type'] === 'response.output_text.delta') + 1;
const half = frames.slice(0, middle).join('');

const midway: [string, Reply][] = [
	['JSON that breaks off', { body: `${half}data: {"type":"response.output_te\n\n` }],
	['no JSON at all', { body: `${half}data: <html>502</html>\n\n` }],
	['an end before its end', { body: half }],
	['silence in the middle of a line', { body: `${half}data: {"type":`, then: 'silence' }],
	['a page of HTML in the middle', { body: `${half}<html><body>502</body></html>` }],
	['a JSON list', { body: `${half}data: [1,2]\n\ndata: null\n\ndata: "x"\n\n` }]
];

test.each(midway)(
	'TS-11 a background stream that brings %s is taken up again and gives the same answer',
	async (_, first) => {
		const { events, error } = await run(once(first));
		expect(error).toBeNull();
		expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: { text: said } });
		expect(events.flatMap((event) => (event.type === 'text' ? event.text : [])).join('')).toBe(said);
		expect(server.count('POST')).toBe(1);
	}
);

test.each(midway)('TS-12 a stream not in the background that brings %s ends in a named error', async (_, first) => {
	const { error } = await run(() => first, { ...request, background: false });
	expect(error).toMatchObject({ code: expect.stringMatching(/^provider_(connection|idle)$/) });
	expect(server.count('POST')).toBe(1);
});

test('RS-13 numbers that repeat and that go back are told once, and the answer is whole', async () => {
	const swapped = frames.toSpliced(middle, 2, frames[middle + 1] ?? '', frames[middle] ?? '', frames[middle] ?? '');
	const { events, error } = await run(() => ({ body: swapped.join('') }));
	expect(error).toBeNull();
	expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: { text: said } });
	expect(events.find((event) => event.type === 'text_done')).toMatchObject({ text: said });
	const cursors = events.flatMap((event) => (event.type === 'text' ? [event.cursor] : []));
	expect(new Set(cursors).size).toBe(cursors.length);
});

const sign = '🔋 漢字 é';
const delta = (text: string, sequence_number: number) =>
	`data: ${JSON.stringify({ type: 'response.output_text.delta', sequence_number, item_id: 'm', delta: text })}\n\n`;
const begin = `data: ${JSON.stringify({ type: 'response.created', sequence_number: 0, response: { id: 'r', status: 'in_progress' } })}\n\n`;
const end = (text: string) => {
	const output = [{ id: 'm', type: 'message', content: [{ type: 'output_text', text }] }];
	return `data: ${JSON.stringify({ type: 'response.completed', sequence_number: 2, response: { id: 'r', status: 'completed', output } })}\n\n`;
};

test('RS-13 characters that are split between packets come whole', async () => {
	const { events } = await run(() => ({ body: begin + delta(sign, 1) + end(sign), chunk: 1 }));
	expect(events.flatMap((event) => (event.type === 'text' ? event.text : []))).toEqual([sign]);
});

test('RS-13 bytes that are no UTF-8 neither break the run nor the answer around them', async () => {
	const [before, after] = delta('a\u0001b', 1).split('\\u0001') as [string, string];
	const body = Buffer.concat([Buffer.from(begin + before), Buffer.from([0xff, 0xc3]), Buffer.from(after + end('ab'))]);
	const { events, error } = await run(() => ({ body }));
	expect(error).toBeNull();
	expect(events.find((event) => event.type === 'text')).toMatchObject({ text: expect.stringMatching(/^a\ufffd+b$/) });
});

test('RS-13 a line of 10 MB is read in a few seconds', async () => {
	const long = 'x'.repeat(10_000_000);
	const { events, error } = await run(() => ({ body: begin + delta(long, 1) + end('ab'), chunk: 16_384 }));
	expect(error).toBeNull();
	expect(events.find((event) => event.type === 'text')).toMatchObject({ text: long });
}, 20_000);

test('TS-18 a line without end is broken off at 16 MB, before it fills the memory; a background run is taken up again', async () => {
	const endless = { body: `${half}data: {"delta":"${'x'.repeat(20_000_000)}`, then: 'silence' } as const;
	const held = await run(() => endless, { ...request, background: false });
	expect(held.error).toMatchObject({
		code: 'provider_connection',
		message: expect.stringContaining('more than 16 MB in one piece')
	});
	await server.close();
	const { events, error } = await run(once(endless));
	expect(error).toBeNull();
	expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: { text: said } });
	expect(server.count('POST')).toBe(1);
}, 20_000);

test('TS-18 a stream that is longer than that in all, in pieces that are not, comes whole', async () => {
	const part = 'x'.repeat(6_000_000);
	const many = [1, 2, 3].map((number) => `${delta(part, number).trimEnd()}\r\n\r\n`).join(': ping\n\n');
	const { events, error } = await run(() => ({ body: begin + many + end('ab').replace(':2,', ':4,'), chunk: 60_001 }));
	expect(error).toBeNull();
	expect(events.filter((event) => event.type === 'text')).toHaveLength(3);
}, 20_000);

test('TS-18 an answer in one piece that is larger than that is broken off too', async () => {
	const body = `{"id":"r","status":"completed","output":"${'x'.repeat(20_000_000)}`;
	const { error } = await run(() => ({ ...json({}), body }), { ...request, background: false, stream: false });
	expect(error).toMatchObject({ code: 'unknown_outcome' });
}, 20_000);

const html: Reply = { headers: { 'content-type': 'text/html' }, body: '<html>please log in</html>' };

test('BY-02 a page of HTML with 200 instead of a stream is an unknown outcome', async () => {
	expect((await run(() => html)).error).toMatchObject({ code: 'unknown_outcome' });
	expect(server.count('POST')).toBe(1);
});

test.each([
	['a page of HTML', html],
	['an empty object', json({})],
	['a JSON list', json([])],
	['JSON that breaks off', { headers: { 'content-type': 'application/json' }, body: '{"id":' }]
])(
	'TS-11 %s with 200 instead of how it stands is asked again a few times, then a named error',
	async (_, reply) => {
		const { error } = await run((asked) => (asked.method === 'POST' ? { body: half, then: 'cut' } : reply));
		expect(error).toMatchObject({ code: expect.stringMatching(/^provider_/) });
		expect(server.count('GET')).toBeLessThan(20);
	},
	20_000
);
