import type { ToolEvent } from '../../tools/call.ts';

/** A picture that a tool has made, in the files of its job. Sizes in pixels. */
export interface MadePicture {
	url: string;
	jobId: string;
	/** What was asked for. */
	prompt: string;
	width: number;
	height: number;
}

/** As the tool `image` tells of each in its text. */
const made = /^The picture (\S+\.(?:png|jpg|webp)) \((\d+) × (\d+)\) was made\.$/gm;

/** The pictures that these calls have made. */
export function picturesOf(calls: readonly ToolEvent[]): MadePicture[] {
	return calls.flatMap(({ tool, jobId, text, arguments: { prompt } }) => {
		if (tool !== 'image' || jobId === null) return [];
		return [...(text ?? '').matchAll(made)].map(([, name = '', width, height]) => ({
			url: `/api/jobs/${encodeURIComponent(jobId)}/artifacts/${encodeURIComponent(name)}`,
			...{ jobId, prompt: typeof prompt === 'string' ? prompt : 'Picture' },
			...{ width: Number(width), height: Number(height) }
		}));
	});
}
