import { emptySnapshot, type JobSnapshot } from '../../src/lib/jobs/snapshot.ts';
import { reduceJob } from '../../src/lib/operations/index.ts';
import { image, type ImageResult, type ImageState } from '../../src/lib/operations/image/model.ts';
import { START, type Told } from './snapshot.ts';

export type ImageJob = JobSnapshot<ImageState, ImageResult>;

/** An image job, folded by the app's own reducer from what it is told; previews are transient, as they are on the wire. */
export function imageJob(told: readonly Told[] = [], input: object = {}, facts: Partial<JobSnapshot> = {}): ImageJob {
	const seed = emptySnapshot({
		...{ id: 'job_00000000000000000001', operation: 'image', title: 'The sea' },
		...{ input: { prompt: 'The sea', ...input }, options: {}, createdAt: START, parentId: null, logEpoch: 'e1' },
		...{ phases: image.phases, state: image.state() }
	});
	return { ...told.reduce<JobSnapshot>(tellImage, seed), ...facts } as ImageJob;
}

/** A snapshot with one more event. */
export function tellImage(snapshot: JobSnapshot, [type, data, seconds = 0]: Told): ImageJob {
	const seq = type === 'preview' ? null : snapshot.seq + 1;
	return reduceJob(snapshot, { jobId: snapshot.id, seq, at: START + seconds * 1_000, type, data }) as ImageJob;
}

/** The beginnings of a run. */
export const begunImage: Told[] = [
	['started', { epoch: 1, provider: 'demo', model: 'demo-image-1', adopted: false }],
	['phase', { phase: 'processing', fraction: 0 }],
	['phase', { phase: 'generating', fraction: 0.15 }, 1]
];

/** A preview; its bytes tell one from another. */
export const preview = (index: number, seconds = index * 2): Told => [
	'preview',
	{ index, b64: btoa(`preview ${index}`), mediaType: 'image/png' },
	seconds
];

/** A finished picture. */
export function finished(facts: Partial<ImageState['images'][number]> = {}, seconds = 10): Told {
	const number = facts.number ?? 1;
	const name = `the-sea-${number}.png`;
	const file = {
		name,
		mediaType: 'image/png',
		size: 1_234_567,
		sha256: 'a'.repeat(64),
		url: `/api/jobs/j/artifacts/${name}`
	};
	const picture = { number, width: 1536, height: 1024, revisedPrompt: null, previews: 3, previewToFinalMs: 7_240 };
	return ['image', { ...file, ...picture, ...facts }, seconds];
}

/** How an image job ends well. */
export const doneImage: Told = [
	'done',
	{ result: { images: [] }, resultAvailable: true, cost: { usd: 0.04, known: true }, usage: null },
	11
];

/** How it fails. */
export const failedImage: Told = [
	'error',
	{
		...{ code: 'provider_connection', message: 'The connection was lost.', retryable: true },
		...{ cost: { usd: null, known: false }, usage: null, receipt: null }
	},
	11
];
