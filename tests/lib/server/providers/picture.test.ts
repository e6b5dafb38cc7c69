import { beforeEach, expect, test } from 'vitest';
import type { HeadwayError } from '../../../../src/lib/jobs/error.ts';
import type { ImageEvent } from '../../../../src/lib/operations/operation.ts';
import type { AttachDeps } from '../../../../src/lib/server/providers/attach.ts';
import { ProviderError, unknownOutcome } from '../../../../src/lib/server/providers/errors.ts';
import { requestPicture } from '../../../../src/lib/server/providers/picture.ts';
import { drive, FakeClock } from '../../../support/fake-clock.ts';
import { KeptMemory, ScriptedProvider } from './scripted-provider.ts';
import { collect, KeptLog, picture } from './wiring.ts';

let provider: ScriptedProvider;
let memory: KeptMemory;
let clock: FakeClock;
let abort: AbortController;
let notices: { code: string; waitMs: number }[];
let heard: () => void;

beforeEach(() => {
	provider = new ScriptedProvider();
	memory = new KeptMemory();
	clock = new FakeClock();
	abort = new AbortController();
	notices = [];
	heard = () => {};
});

function run(): Promise<{ events: ImageEvent[]; error: unknown }> {
	const deps: AttachDeps = {
		...{ clock, log: new KeptLog(), signal: abort.signal, random: () => 0.5, heard: () => heard() },
		retryNotice: ({ code }: HeadwayError, waitMs) => notices.push({ code, waitMs })
	};
	return drive(clock, collect(requestPicture(provider, picture, memory, deps)));
}

const accepted: ImageEvent = { type: 'accepted' };
const preview: ImageEvent = { type: 'preview', index: 1, b64: 'iVBORw0KGgo=', mediaType: 'image/png' };
const ended: ImageEvent = { type: 'ended', usage: null, cost: { usd: null, known: false } };
const busy = (after: number | null) => new ProviderError('provider_rate_limit', 'busy', { retry: { after } });
const refused = new ProviderError('provider_moderation', 'refused');
const cut = new ProviderError('provider_connection', 'cut');

test('TS-13 a picture that met a rate limit is asked for again when the provider says, and is told about', async () => {
	provider.images = [[busy(61)], [accepted, ended]];
	expect(await run()).toEqual({ events: [accepted, ended], error: null });
	expect(notices).toEqual([{ code: 'provider_rate_limit', waitMs: 61_000 }]);
	expect(memory.history).toEqual(['creating', 'rejected', 'creating']);
});

test('TS-13 a picture that was refused is not asked for again', async () => {
	provider.images = [[refused]];
	expect((await run()).error).toBe(refused);
	expect(provider.calls).toEqual(['image']);
	expect(memory.history).toEqual(['creating', 'rejected']);
});

test.each([
	['lost', unknownOutcome('Scripted')],
	['cut', cut]
])(
	'BY-02 a picture whose answer was %s before it began has an unknown outcome and is asked for once',
	async (_, error) => {
		provider.images = [[error]];
		expect((await run()).error).toMatchObject({ code: 'unknown_outcome' });
		expect(provider.calls).toEqual(['image']);
		expect(memory.history).toEqual(['creating']);
	}
);

test.each([
	['breaks', [accepted, preview, cut]],
	['ends in order before its picture', [accepted, preview]]
])('IM-10 a stream that %s keeps its previews, is a lost connection and is not asked for again', async (_, script) => {
	provider.images = [script];
	const { events, error } = await run();
	expect(events).toEqual([accepted, preview]);
	expect(error).toMatchObject({ code: 'provider_connection' });
	expect(provider.calls).toEqual(['image']);
});

test('BY-02 a limit that is told inside of a begun stream does not start another one', async () => {
	provider.images = [[accepted, busy(1)]];
	expect((await run()).error).toMatchObject({ code: 'provider_rate_limit' });
	expect(provider.calls).toEqual(['image']);
});

test('IM-10 a stream that says nothing for six minutes is given up and closed', async () => {
	provider.images = [[accepted, 'silence']];
	expect((await run()).error).toMatchObject({ code: 'provider_idle', message: expect.stringContaining('360 s') });
	expect(provider.closed).toBe(1);
});

test('CX-15 an abort ends a picture at once with its reason, its request closed', async () => {
	const reason = new Error('the person left');
	heard = () => abort.abort(reason);
	provider.images = [[accepted, preview, ended]];
	expect(await run()).toEqual({ events: [accepted], error: reason });
	expect(provider.closed).toBe(1);
});
