import { expect, test } from 'vitest';
import { ended, makeApp, runsOf, start } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, ERROR_LEVEL, expectProblem, keptLog } from './asking.ts';
import { Stepwise } from './stepwise.ts';

/** A request that must be refused, and how. `:id` is a running job, `:ended` one that has ended. */
interface Bad {
	what: string;
	path: string;
	method?: string;
	headers?: Record<string, string>;
	body?: unknown;
	bytes?: string | Uint8Array<ArrayBuffer>;
	status: number;
	code: string;
	fields?: string[];
}

/** Bytes that a decoder which only replaced what is not UTF-8 would take for a good request. */
const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const jobs = { path: '/api/jobs', method: 'POST' };
const good = { operation: 'stepwise', input: { text: 'fine' } };
const missing = { status: 404, code: 'not_found' };
const bad = { status: 400, code: 'bad_request' };
const invalid = { status: 400, code: 'invalid_input' };
const wrongMethod = { status: 405, code: 'method_not_allowed' };

const starts: Bad[] = [
	{
		what: 'an unknown operation',
		...jobs,
		body: { ...good, operation: 'alchemy' },
		status: 404,
		code: 'unknown_operation'
	},
	...['__proto__', 'constructor', 'toString', 'hasOwnProperty'].flatMap((name): Bad[] => [
		{
			what: `the operation ${name}`,
			...jobs,
			bytes: `{"operation":"${name}","input":{"text":"x"}}`,
			status: 404,
			code: 'unknown_operation'
		},
		{
			what: `the provider ${name}`,
			...jobs,
			body: { ...good, input: { text: 'x', provider: name } },
			...invalid,
			fields: ['input.provider']
		}
	]),
	{
		what: 'an input field named __proto__',
		...jobs,
		bytes: '{"operation":"stepwise","input":{"text":"x","__proto__":{"a":1}}}',
		...invalid,
		fields: ['input']
	},
	{ what: 'no operation', ...jobs, body: { input: good.input }, ...invalid, fields: ['body.operation'] },
	{
		what: 'an operation of the wrong type',
		...jobs,
		body: { ...good, operation: 7 },
		...invalid,
		fields: ['body.operation']
	},
	{ what: 'an unknown field', ...jobs, body: { ...good, extra: 1 }, ...invalid, fields: ['body'] },
	{ what: 'no input', ...jobs, body: { operation: 'stepwise' }, ...invalid, fields: ['input.text'] },
	{ what: 'an empty input', ...jobs, body: { ...good, input: { text: '' } }, ...invalid, fields: ['input.text'] },
	{
		what: 'an oversized input',
		...jobs,
		body: { ...good, input: { text: 'x'.repeat(1_001) } },
		...invalid,
		fields: ['input.text']
	},
	{
		what: 'wrong types',
		...jobs,
		body: { ...good, input: { text: 1, count: 'two' } },
		...invalid,
		fields: ['input.text', 'input.count']
	},
	{ what: 'an input that is a list', ...jobs, body: { ...good, input: ['text'] }, ...invalid, fields: ['input'] },
	{ what: 'an input that is a string', ...jobs, body: { ...good, input: 'text' }, ...invalid, fields: ['input'] },
	{ what: 'an unknown option', ...jobs, body: { ...good, options: { speed: 9 } }, ...invalid, fields: ['options'] },
	{
		what: 'options out of range',
		...jobs,
		body: { ...good, options: { priority: 99, timeLimit: 0 } },
		...invalid,
		fields: ['options.timeLimit', 'options.priority']
	},
	{ what: 'a body that is not JSON', ...jobs, bytes: '{"operation":', ...bad },
	{ what: 'an empty body', ...jobs, bytes: '', ...bad },
	{ what: 'a JSON list', ...jobs, bytes: '[]', ...bad },
	{ what: 'JSON null', ...jobs, bytes: 'null', ...bad },
	{ what: 'invalid UTF-8', ...jobs, bytes: latin1('{"operation":"stepwise","input":{"text":"\xff\xfe"}}'), ...bad },
	{ what: 'UTF-8 that is cut off', ...jobs, bytes: Uint8Array.from([0x22, 0xe2, 0x82]), ...bad },
	{
		what: 'a body over the limit',
		...jobs,
		body: { ...good, input: { text: 'x'.repeat(1_100_000) } },
		status: 413,
		code: 'too_large'
	},
	{
		what: 'a form',
		...jobs,
		headers: { 'content-type': 'application/x-www-form-urlencoded' },
		bytes: 'operation=stepwise',
		status: 415,
		code: 'unsupported_media_type'
	},
	{
		what: 'plain text',
		...jobs,
		headers: { 'content-type': 'text/plain' },
		bytes: JSON.stringify(good),
		status: 415,
		code: 'unsupported_media_type'
	},
	{ what: 'an empty Idempotency-Key', ...jobs, headers: { 'idempotency-key': '' }, body: good, ...bad },
	{ what: 'an Idempotency-Key with a space', ...jobs, headers: { 'idempotency-key': 'a b' }, body: good, ...bad },
	{
		what: 'an Idempotency-Key that is too long',
		...jobs,
		headers: { 'idempotency-key': 'k'.repeat(201) },
		body: good,
		...bad
	},
	{
		what: 'a page of another site',
		...jobs,
		headers: { origin: 'https://evil.example' },
		body: good,
		status: 403,
		code: 'forbidden_origin'
	},
	{ what: 'a sandboxed page', ...jobs, headers: { origin: 'null' }, body: good, status: 403, code: 'forbidden_origin' }
];

const unknownJob = 'job_00000000000000000000';
const nonsense = [
	unknownJob,
	'nonsense',
	'__proto__',
	'%00',
	"'; drop table jobs; --",
	'💥'.repeat(30),
	'x'.repeat(3_000)
];
const reads: Bad[] = nonsense.flatMap((id): Bad[] => {
	const path = `/api/jobs/${id.startsWith('%') ? id : encodeURIComponent(id)}`;
	const what = `the id ${id.slice(0, 24)}`;
	return [
		{ what: `${what}, get`, path, ...missing },
		{ what: `${what}, wait`, path: `${path}?wait=5`, ...missing },
		{ what: `${what}, events`, path: `${path}/events`, ...missing },
		{ what: `${what}, artifact`, path: `${path}/artifacts/report.md`, ...missing },
		{ what: `${what}, delete`, path, method: 'DELETE', ...missing },
		...['cancel', 'finish', 'retry'].map((command): Bad => ({
			what: `${what}, ${command}`,
			path: `${path}/${command}`,
			method: 'POST',
			...missing
		})),
		{ what: `${what}, answer`, path: `${path}/answer`, method: 'POST', body: { questionId: 'q', value: 1 }, ...missing }
	];
});

const others: Bad[] = [
	{ what: 'an unknown response_id', path: '/api/events?response_id=resp_unknown', ...missing },
	{ what: 'an empty response_id', path: '/api/events?response_id=', ...bad },
	{ what: 'neither id', path: '/api/events', ...bad },
	{ what: 'an unknown job_id', path: `/api/events?job_id=${unknownJob}`, ...missing },
	{ what: 'a cursor from the future', path: '/api/jobs/:id/events?after=999', status: 400, code: 'future_cursor' },
	{
		what: 'a Last-Event-ID from the future',
		path: '/api/jobs/:id/events',
		headers: { 'last-event-id': '999' },
		status: 400,
		code: 'future_cursor'
	},
	{ what: 'a cursor past the end', path: '/api/jobs/:ended/events?after=999', status: 400, code: 'future_cursor' },
	{ what: 'a cursor that is no number', path: '/api/jobs/:id/events?after=soon', ...bad },
	{ what: 'a negative cursor', path: '/api/jobs/:id/events?after=-1', ...bad },
	{
		what: 'a Last-Event-ID that is no number',
		path: '/api/jobs/:id/events',
		headers: { 'last-event-id': 'x' },
		...bad
	},
	{ what: 'a wait that is no number', path: '/api/jobs/:id?wait=long', ...bad },
	{ what: 'a wait of a day', path: '/api/jobs/:id?wait=86400', ...bad },
	{ what: 'an unknown status', path: '/api/jobs?status=sleeping', ...invalid, fields: ['query.status.0'] },
	{ what: 'a limit of zero', path: '/api/jobs?limit=0', ...invalid, fields: ['query.limit'] },
	{ what: 'a limit over 200', path: '/api/jobs?limit=201', ...invalid, fields: ['query.limit'] },
	{ what: 'a limit that is no number', path: '/api/jobs?limit=many', ...invalid, fields: ['query.limit'] },
	{ what: 'a page cursor of our own making', path: '/api/jobs?before=yesterday', ...bad },
	{ what: 'an address without a door', path: '/api/nothing', ...missing },
	{ what: 'PUT of jobs', path: '/api/jobs', method: 'PUT', ...wrongMethod },
	{ what: 'DELETE of all jobs', path: '/api/jobs', method: 'DELETE', ...wrongMethod },
	{ what: 'POST to a job', path: '/api/jobs/:id', method: 'POST', ...wrongMethod },
	{ what: 'POST to the events', path: '/api/jobs/:id/events', method: 'POST', ...wrongMethod },
	{ what: 'GET of cancel', path: '/api/jobs/:id/cancel', ...wrongMethod },
	{ what: 'POST to the operations', path: '/api/operations', method: 'POST', ...wrongMethod },
	{ what: 'POST to the metrics', path: '/metrics', method: 'POST', ...wrongMethod },
	{
		what: 'an answer that is not JSON',
		path: '/api/jobs/:id/answer',
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		bytes: 'yes',
		...bad
	},
	{
		what: 'an answer to nothing',
		path: '/api/jobs/:id/answer',
		method: 'POST',
		body: { questionId: 'q', value: 1 },
		status: 409,
		code: 'conflict'
	},
	{
		what: 'a retry with a bad key',
		path: '/api/jobs/:ended/retry',
		method: 'POST',
		headers: { 'idempotency-key': 'a b' },
		...bad
	},
	{
		what: 'a cancel by a page of another site',
		path: '/api/jobs/:id/cancel',
		method: 'POST',
		headers: { origin: 'https://evil.example' },
		status: 403,
		code: 'forbidden_origin'
	},
	{
		what: 'a cancel across sites without an origin',
		path: '/api/jobs/:id/cancel',
		method: 'POST',
		headers: { 'sec-fetch-site': 'cross-site' },
		status: 403,
		code: 'forbidden_origin'
	},
	{
		what: 'a tRPC call by a page of another site',
		path: '/api/trpc/jobs.cancel',
		method: 'POST',
		headers: { origin: 'https://evil.example' },
		body: { id: ':id' },
		status: 403,
		code: 'forbidden_origin'
	}
];

const table = [...starts, ...reads, ...others];

test('TS-22 bad input of every kind is a 4xx problem with a code, a sentence and the fields; nothing is stored, nothing logged as an error', async () => {
	const stepwise = new Stepwise();
	const { log, lines } = keptLog();
	const app = await makeApp({ runs: runsOf(stepwise.operation), log });
	const url = await serveRoutes(app);
	const [running, over] = [
		await start(app, 'stepwise', { text: 'runs' }),
		await start(app, 'stepwise', { text: 'ends' })
	];
	(await stepwise.begun(over.id)).finish('ok');
	await stepwise.begun(running.id);
	await ended(app, over.id);
	const before = await app.jobs.snapshot('local', running.id);
	const failures: string[] = [];
	for (const row of table) {
		const path = row.path.replace(':id', running.id).replace(':ended', over.id);
		const signal = AbortSignal.timeout(2_000);
		try {
			expectProblem(await ask(url + path, { method: row.method ?? 'GET', signal, ...bodyOf(row) }), row);
		} catch (error) {
			failures.push(`${row.what}: ${String(error)}`);
		}
	}
	expect(failures).toEqual([]);
	expect((await app.jobs.list('local', { limit: 200 })).jobs).toHaveLength(2);
	expect((await app.jobs.snapshot('local', running.id)).seq).toBe(before.seq);
	expect(lines.filter(({ level }) => level >= ERROR_LEVEL)).toEqual([]);
	expect(lines.length).toBeGreaterThan(0);
}, 20_000);

function bodyOf({ body, bytes, headers = {} }: Bad): RequestInit {
	const sent = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
	return sent === undefined ? { headers } : { headers: { 'content-type': 'application/json', ...headers }, body: sent };
}

test('TS-22 an address that exists says which methods it takes', async () => {
	const app = await makeApp({ runs: runsOf(new Stepwise().operation) });
	const { headers } = await ask(`${await serveRoutes(app)}/api/jobs`, { method: 'PUT' });
	expect(headers.get('allow')).toBe('GET, POST');
});

test('TS-22 a body that never says its length is cut off at the limit', async () => {
	const app = await makeApp({ runs: runsOf(new Stepwise().operation) });
	const url = await serveRoutes(app);
	let sent = 0;
	const body = new ReadableStream<Uint8Array>({
		pull(controller) {
			if (sent > 2_000_000) return controller.close();
			sent += 50_000;
			controller.enqueue(new Uint8Array(50_000).fill(0x20));
		}
	});
	const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' } as RequestInit;
	expectProblem(await ask(`${url}/api/jobs`, init), { status: 413, code: 'too_large' });
	expect((await app.jobs.list('local', {})).jobs).toEqual([]);
});
