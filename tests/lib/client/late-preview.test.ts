import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { Jobs } from '$lib/client/jobs.svelte.ts';
import type { ImageState } from '$lib/operations/image/model.ts';
import { begunImage, failedImage, imageJob, preview } from '../../support/image-snapshot.ts';
import { START, type Told } from '../../support/snapshot.ts';
import { FakeServer } from './fake-server.ts';

beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

test('IM-10 a preview that comes in one frame with the failure is shown', async () => {
	const server = new FakeServer();
	const provider = { id: 'demo', label: 'Demo', demo: true, model: 'm' };
	const system = { provider, providers: [], version: '1', websocket: false, serverNow: START };
	const jobs = new Jobs({ list: [], system }, server.client, true, null);
	onTestFinished(() => jobs.close());
	const loaded = imageJob(begunImage);
	const job = jobs.follow(loaded);
	await vi.advanceTimersByTimeAsync(60);
	server.stream.connect();
	const event = ([type, data, seconds = 0]: Told, seq: number | null) => ({
		...{ jobId: loaded.id, seq, at: START + seconds * 1_000 },
		...{ type, data }
	});
	server.stream.send({ transients: [event(preview(2), null)], events: [event(failedImage, loaded.seq + 1)] });
	await vi.advanceTimersByTimeAsync(300);
	expect(job.snapshot.status).toBe('failed');
	expect((job.snapshot.state as ImageState).preview?.index).toBe(2);
});
