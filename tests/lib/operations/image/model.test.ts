import { describe, expect, test } from 'vitest';
import { emptySnapshot, type JobSnapshot } from '$lib/jobs/snapshot.ts';
import { reduceJob } from '$lib/operations/index.ts';
import { image, type ImageState, type Picture } from '$lib/operations/image/model.ts';
import { fileNameOf } from '$lib/operations/image/picture-file.ts';

const picture = (number = 1): Picture => ({
	...{ number, name: `sea-${number}.png`, mediaType: 'image/png', size: 10, sha256: 'a', url: '/x' },
	...{ width: 64, height: 64, revisedPrompt: null, previews: 3, previewToFinalMs: 900 }
});
const preview = (index: number) => ({ index, b64: `p${index}`, mediaType: 'image/png' });

const empty = emptySnapshot({
	...{ id: 'job_00000000000000000001', operation: 'image', title: 'sea', input: {}, options: {} },
	...{ createdAt: 0, parentId: null, logEpoch: 'e', phases: image.phases, state: image.state() }
});
/** The state after these events, each at its time; a preview is transient. */
const folded = (...events: [type: 'preview' | 'image', data: unknown, at: number][]) =>
	events.reduce<JobSnapshot>(
		(job, [type, data, at]) =>
			reduceJob(job, { jobId: job.id, seq: type === 'preview' ? null : job.seq + 1, at, type, data }),
		empty
	).state as ImageState;

describe('what an image job shows', () => {
	test('IM-07 IM-13 each preview takes the place of the one before: only the newest is held', () => {
		const state = folded(['preview', preview(1), 1], ['preview', preview(2), 2]);
		expect(state).toEqual({ images: [], preview: { at: 2, ...preview(2) } });
	});

	test('IM-05 IM-13 the final image ends the preview, and its base64 is let go', () => {
		const state = folded(['preview', preview(3), 1], ['image', picture(), 2]);
		expect(state).toEqual({ images: [{ at: 2, ...picture() }], preview: null });
	});

	test('IM-05 a preview that comes late never covers the final image', () => {
		const late = folded(['image', picture(), 5], ['preview', preview(3), 4], ['preview', preview(3), 5]);
		expect(late.preview).toBeNull();
	});

	test('IM-07 OP-08 the next picture of several has previews of its own', () => {
		const state = folded(['image', picture(), 5], ['preview', preview(1), 6]);
		expect(state.preview).toEqual({ at: 6, ...preview(1) });
	});

	test('IM-05 a preview that is no raster picture is passed over: nothing that could carry code is shown', () => {
		expect(folded(['preview', { ...preview(1), mediaType: 'image/svg+xml' }, 1]).preview).toBeNull();
	});
});

describe('what an image can be asked for', () => {
	const parse = (input: object) => image.input.safeParse({ prompt: 'sea', ...input });
	const pathsOf = (input: object) => parse(input).error?.issues.map(({ path }) => path.join('.'));

	test('IM-01 a description is enough: three previews, one picture, streamed', () => {
		expect(parse({}).data).toEqual({
			...{ prompt: 'sea', size: 'auto', quality: 'auto', background: 'auto', format: 'png' },
			...{ count: 1, partialImages: 3, stream: true }
		});
	});

	test.each(['auto', '1024x1024', '1536x1024', '3840x2160', '640x1920'])('IM-01 the size %s is taken', (size) => {
		expect(parse({ size }).success).toBe(true);
	});

	test.each(['1000x1000', '4096x2160', '640x2000', '0x16', '32x32', 'large', '1024', '1024x1024x3', '-16x16'])(
		'IM-01 the size %s is refused',
		(size) => expect(pathsOf({ size })).toEqual(['size'])
	);

	test('IM-01 previews are 0 to 3, pictures 1 to 10, starting pictures at most 16', () => {
		const id = `file_${'0'.repeat(20)}`;
		for (const partialImages of [0, 1, 2, 3]) expect(parse({ partialImages }).success).toBe(true);
		for (const wrong of [
			{ partialImages: 4 },
			{ partialImages: -1 },
			{ partialImages: 1.5 },
			{ count: 0 },
			{ count: 11 }
		])
			expect(pathsOf(wrong)).toEqual(Object.keys(wrong));
		expect(parse({ images: Array(16).fill(id) }).success).toBe(true);
		expect(pathsOf({ images: Array(17).fill(id) })).toEqual(['images']);
		expect(pathsOf({ images: ['../etc/passwd'] })).toEqual(['images.0']);
	});

	test('IM-01 a transparent JPEG is refused at the background', () => {
		expect(pathsOf({ background: 'transparent', format: 'jpeg' })).toEqual(['background']);
		expect(parse({ background: 'transparent', format: 'webp' }).success).toBe(true);
	});

	test('IM-01 what it refers to are its starting pictures', () => {
		const images = [`file_${'a'.repeat(20)}`];
		expect(image.refersTo?.(image.input.parse({ prompt: 'sea', images }))).toEqual({ files: images });
		expect(image.refersTo?.(image.input.parse({ prompt: 'sea' }))).toEqual({});
	});

	test('PG-09 runs are compared with those of the same quality and count', () => {
		const variantOf = (input: object) => image.variantOf?.(image.input.parse({ prompt: 'sea', ...input }));
		expect(variantOf({ quality: 'high' })).toBe('high');
		expect(variantOf({ quality: 'high', count: 4 })).not.toBe('high');
	});
});

describe('what a picture is called', () => {
	test('CX-05 what stays after a stop is told in words', () => {
		const at = { at: 1 };
		expect(image.keptOf?.({ images: [], preview: null }, {})).toEqual([]);
		expect(image.keptOf?.({ images: [{ ...picture(), ...at }], preview: null }, {})).toEqual(['1 picture']);
		expect(image.keptOf?.(folded(['preview', preview(1), 1]), {})).toEqual(['the newest preview, for 15 minutes']);
	});

	test('IM-11 its file is named by its description, in any script, without anything that could be a path', () => {
		expect(fileNameOf('A Lighthouse, at sunset!', 'image/png', null)).toBe('a-lighthouse-at-sunset.png');
		expect(fileNameOf('海边的灯塔', 'image/webp', 2)).toBe('海边的灯塔-2.webp');
		expect(fileNameOf('../../etc/passwd\u0000', 'image/jpeg', null)).toBe('etc-passwd.jpg');
		expect(fileNameOf('🎉', 'image/png', null)).toBe('picture.png');
		expect(fileNameOf('word '.repeat(100), 'image/png', 10).length).toBeLessThanOrEqual(70);
	});
});
