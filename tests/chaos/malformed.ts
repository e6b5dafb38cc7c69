import { gzipSync } from 'node:zlib';
import {
	body,
	broken,
	frame,
	inPieces,
	json,
	raw,
	refused,
	stream,
	type Act,
	type Behaviour
} from './hostile-server.ts';

/** What becomes of a research: it succeeds with the whole report, or fails with one of these codes. */
export type Expected = 'succeeded' | readonly string[];

const unknown = ['unknown_outcome'];
const html = '<!doctype html><title>Welcome</title><p>Sign in to the network';
const garbage = Uint8Array.from({ length: 4_096 }, (_, index) => (index * 151 + 7) % 256);
const huge = 'x'.repeat(10 * 1024 * 1024);
const limited = { type: 'requests', code: 'rate_limit_exceeded' };
const notGzip = { 'content-encoding': 'gzip' };

/** Puts these pieces between the frames of the transcript, at a place where the answer has begun. */
const between = (...pieces: (string | Uint8Array)[]) =>
	stream((frames) => [...frames.slice(0, 20), ...pieces, ...frames.slice(20)]);
const changed = (index: number, change: (text: string) => string) =>
	stream((frames) => frames.with(index, change(frames[index] ?? '')));
/** The frame with another sequence number, whatever JSON that is. */
const numbered = (number: string) =>
	changed(20, (text) => text.replace(/"sequence_number":\d+/, `"sequence_number":${number}`));
const odd = (event: object) => between(frame({ sequence_number: 19, ...event }));

/** What the create is answered with, before an id is known. */
const creates: [string, Act[], Expected][] = [
	['200 with HTML', [body(html, 'text/html')], unknown],
	['HTML as an event stream', [body(html)], unknown],
	['garbage as an event stream', [body(garbage)], unknown],
	['garbage in place of HTTP', [raw('\u0000\u0001\u0002 no HTTP\r\n\r\n', 'end')], unknown],
	['a first frame cut short', [body('event: response.created\ndata: {"type":"response.cre\n\n')], unknown],
	['an empty stream', [body('')], unknown],
	['an empty answer without a type', [body('', null)], unknown],
	['204', [body('', null, 204)], unknown],
	['a reset in place of an answer', [raw(null, 'reset')], unknown],
	['an end in place of an answer', [raw(null, 'end')], unknown],
	['silence in place of an answer', [raw(null, 'silence')], unknown],
	['headers and then silence', [broken(0, 'silence')], unknown],
	['plain text that claims to be gzip', [body('data: {}\n\n', 'text/event-stream', 200, notGzip)], unknown],
	[
		'gzip cut short',
		[body(gzipSync('data: {}\n\n'.repeat(99)).subarray(0, 30), 'text/event-stream', 200, notGzip)],
		unknown
	],
	['null as JSON', [json(null)], unknown],
	['a list as JSON', [json([])], unknown],
	['an empty object as JSON', [json({})], unknown],
	['half an object as JSON', [body('{"id":"resp_', 'application/json')], unknown],
	[
		'a created event without a response',
		[body(frame({ type: 'response.created', sequence_number: 0, response: null }))],
		unknown
	],
	['a created event whose id is a number', [body(frame({ type: 'response.created', response: { id: 7 } }))], unknown],
	['a line of 10 MB that never ends', [body(`data: ${huge}`)], unknown],
	['502 with HTML', [body(html, 'text/html', 502)], unknown],
	['503 with HTML', [body(html, 'text/html', 503)], unknown],
	['500 with an empty body', [body('', 'application/json', 500)], unknown],
	['504 with JSON of a gateway', [json({ message: 'Endpoint request timed out' }, 504)], unknown],
	['429 with Retry-After', [refused(429, limited, { 'retry-after': '1' }), stream()], 'succeeded'],
	['429 without Retry-After', [refused(429, limited), stream()], 'succeeded'],
	['429 with a Retry-After that is none', [refused(429, limited, { 'retry-after': 'soon' }), stream()], 'succeeded'],
	[
		'429 with a Retry-After in the past',
		[refused(429, limited, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }), stream()],
		'succeeded'
	],
	['429 for ever', [refused(429, limited)], ['provider_rate_limit']],
	[
		'an account without credit',
		[refused(429, { type: 'insufficient_quota', code: 'insufficient_quota' })],
		['provider_quota']
	],
	[
		'an error of its own, then all well',
		[refused(500, { type: 'server_error', code: 'server_error' }), stream()],
		'succeeded'
	],
	[
		'an error as JSON with 200',
		[json({ error: { message: 'no', type: 'server_error', code: 'server_error' } })],
		['provider_error', 'unknown_outcome']
	]
];

/** What comes in the middle of a stream whose id is known. Resume and fetch are answered well. */
const streams: [string, Act][] = [
	['nothing', stream()],
	['UTF-8 split over chunks', inPieces(7)],
	['lines that end with CR LF', stream((frames) => frames.map((text) => text.replaceAll('\n', '\r\n')))],
	['a byte order mark', stream((frames) => ['\uFEFF', ...frames])],
	['a frame cut short', changed(20, (text) => `${text.slice(0, 60)}\n\n`)],
	['a line of 10 MB', between(frame({ type: 'response.later', sequence_number: 19, filler: huge }))],
	['a comment of 10 MB', between(`: ${huge}\n\n`)],
	[
		'frames out of order',
		stream((frames) => [...frames.slice(0, 20), ...frames.slice(20, 40).toReversed(), ...frames.slice(40)])
	],
	['every frame twice', stream((frames) => frames.flatMap((text) => [text, text]))],
	[
		'a number that comes again with other words',
		changed(21, (text) => text.replace(/"sequence_number":\d+/, '"sequence_number":20'))
	],
	['a huge sequence number', numbered('9007199254740993')],
	['a sequence number beyond all numbers', numbered('1e308')],
	['a negative sequence number', numbered('-5')],
	['a fraction as a sequence number', numbered('20.5')],
	['a text as a sequence number', numbered('"twenty"')],
	['no sequence number', numbered('null')],
	['null in place of an event', between('data: null\n\n')],
	['a list in place of an event', between('data: [1,2]\n\n')],
	['a number in place of an event', between('data: 5\n\n')],
	['an empty text in place of an event', between('data: ""\n\n')],
	['an empty data line', between('data:\n\n')],
	['JSON nested too deeply', between(`data: ${'['.repeat(200_000)}${']'.repeat(200_000)}\n\n`)],
	['an event of an unknown type', odd({ type: 'response.hologram', item: null })],
	['an event without a type', odd({})],
	['a response that is null', odd({ type: 'response.in_progress', response: null })],
	['an item that is null', odd({ type: 'response.output_item.added', item: null })],
	['an item that is done and null', odd({ type: 'response.output_item.done', item: null })],
	['a text that is an object', odd({ type: 'response.output_text.delta', delta: { a: 1 } })],
	['a key that would change all objects', between('data: {"type":"response.later","__proto__":{"polluted":true}}\n\n')],
	[
		'another id in the middle',
		odd({ type: 'response.created', response: { id: 'resp_other', status: 'in_progress' } })
	],
	['garbage', between(garbage)],
	['an early end', broken(20, 'end')],
	['an end in the middle of a frame', broken(20, 'end', 'data: {"type":"resp')],
	['a reset', broken(20, 'reset')],
	['silence', broken(20, 'silence')],
	['silence in the middle of a character', broken(20, 'silence', Buffer.from('data: {"é').subarray(0, 9))],
	['an error event without words', between('event: error\ndata: {}\n\n')],
	[
		'an end event without a response',
		between(frame({ type: 'response.completed', sequence_number: 900, response: null }))
	],
	[
		'an end event without an output',
		between(frame({ type: 'response.completed', sequence_number: 900, response: { status: 'completed' } }))
	]
];

/** What every later request is answered with, when the stream broke and nothing behaves any more. */
const laters: [string, Act, Expected][] = [
	['200 with HTML', body(html, 'text/html'), ['provider_connection', 'provider_error', 'provider_idle']],
	['garbage', body(garbage, 'application/json'), ['provider_connection', 'provider_error']],
	['null', json(null), ['provider_connection', 'provider_error', 'provider_idle']],
	['plain text that claims to be gzip', body('{}', 'application/json', 200, notGzip), ['provider_connection']],
	['429', refused(429, limited), ['provider_rate_limit', 'provider_connection']],
	['500', refused(500, { type: 'server_error' }), ['provider_error', 'provider_connection', 'provider_overloaded']],
	['404', refused(404, { type: 'invalid_request_error' }), ['provider_gone']],
	['502 with HTML', body(html, 'text/html', 502), ['provider_connection', 'provider_error']],
	['resets', raw(null, 'reset'), ['provider_connection']],
	['silence', raw(null, 'silence'), ['provider_idle', 'provider_connection']]
];

/** What a resume is answered with; a fetch is answered well. */
const resumes = laters.map(([name, resume]): [string, Behaviour, Expected] => [
	`a resume answered with ${name}`,
	{ creates: [broken(20, 'reset')], resume },
	'succeeded'
]);

/** Everything that a provider could say (transport-and-storage.md, D1, test 10), and what is to become of it. */
export const malformed: [string, Behaviour, Expected][] = [
	...creates.map(([name, acts, expected]): [string, Behaviour, Expected] => [
		`a create answered with ${name}`,
		{ creates: acts },
		expected
	]),
	...streams.map(([name, act]): [string, Behaviour, Expected] => [
		`a stream with ${name}`,
		{ creates: [act] },
		'succeeded'
	]),
	...resumes,
	...laters.map(([name, act, expected]): [string, Behaviour, Expected] => [
		`everything after the break answered with ${name}`,
		{ creates: [broken(20, 'reset')], resume: act, fetch: act },
		expected
	])
];
