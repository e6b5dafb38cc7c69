import { WireError } from '../wire.ts';

/** What picture is asked for, checked. */
export interface PictureRequest {
	prompt: string;
	/** 1 to 10. */
	count: number;
	width: number;
	height: number;
	quality: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
	transparent: boolean;
	stream: boolean;
	/** Previews asked for, 0 to 3. */
	previews: number;
	/** Pictures to start from. */
	images: Buffer[];
}

// The limits of the current GPT image models; smaller pictures are allowed here, for tests.
const LEAST_EDGE = 64;
const MOST_EDGE = 3840;
const MOST_PIXELS = 3840 * 2160;
const MOST_PROMPT = 32_000;
const QUALITIES = ['low', 'medium', 'high', 'xhigh', 'max'] as const;

/** Checks the fields of an image request, from JSON or from a form (where all are text). Throws a WireError 400. */
export function pictureRequestOf(fields: Record<string, unknown>, images: Buffer[]): PictureRequest {
	const { prompt } = fields;
	if (typeof prompt !== 'string' || !prompt.trim()) throw invalid('prompt', "Missing required parameter: 'prompt'.");
	if (prompt.length > MOST_PROMPT) throw invalid('prompt', `'prompt' is longer than ${MOST_PROMPT} characters.`);
	const stream = fields.stream === true || fields.stream === 'true';
	const request = {
		prompt,
		count: wholeNumber(fields, 'n', 1, 1, 10),
		...pictureSettings(fields),
		stream,
		images
	};
	if (request.previews > 0 && !stream) throw invalid('partial_images', "'partial_images' needs 'stream' to be true.");
	return request;
}

/** The settings that the image endpoints and the image tool share. Throws a WireError 400. */
export function pictureSettings(fields: Record<string, unknown>) {
	const transparent = fields.background === 'transparent';
	oneOf(fields, 'background', ['auto', 'opaque', 'transparent']);
	oneOf(fields, 'output_format', ['png', 'jpeg', 'webp']);
	if (transparent && fields.output_format === 'jpeg')
		throw invalid('background', "A transparent background needs 'output_format' to be png or webp.");
	return {
		...sizeOf(fields.size),
		quality: qualityOf(fields.quality),
		transparent,
		previews: wholeNumber(fields, 'partial_images', 0, 0, 3)
	};
}

/** How much detail a quality has, 0 to 1. */
export function detailOf(quality: PictureRequest['quality']): number {
	return { low: 0.45, medium: 0.8, high: 1, xhigh: 1, max: 1 }[quality];
}

function sizeOf(size: unknown): { width: number; height: number } {
	if (size === undefined || size === 'auto') return { width: 1024, height: 1024 };
	const [, width = 0, height = 0] = (/^(\d{1,5})x(\d{1,5})$/.exec(String(size)) ?? []).map(Number);
	const ratio = width / height;
	const fits =
		[width, height].every((edge) => edge % 16 === 0 && edge >= LEAST_EDGE && edge <= MOST_EDGE) &&
		ratio <= 3 &&
		ratio >= 1 / 3 &&
		width * height <= MOST_PIXELS;
	if (fits) return { width, height };
	throw invalid(
		'size',
		`Invalid size '${String(size)}': edges are multiples of 16 from ${LEAST_EDGE} to ${MOST_EDGE}, no side over three times the other, at most ${MOST_PIXELS} pixels; or 'auto'.`
	);
}

function qualityOf(quality: unknown): PictureRequest['quality'] {
	if (quality === undefined || quality === 'auto') return 'medium';
	const known = QUALITIES.find((each) => each === quality);
	if (!known) throw invalid('quality', `'quality' must be auto or one of ${QUALITIES.join(', ')}.`);
	return known;
}

function oneOf(fields: Record<string, unknown>, param: string, known: string[]): void {
	if (fields[param] === undefined || known.includes(String(fields[param]))) return;
	throw invalid(param, `'${param}' must be one of ${known.join(', ')}.`);
}

function wholeNumber(
	fields: Record<string, unknown>,
	param: string,
	other: number,
	...range: [number, number]
): number {
	const value = fields[param];
	if (value === undefined || value === null || value === '') return other;
	const number = Number(value);
	if (Number.isInteger(number) && number >= range[0] && number <= range[1]) return number;
	throw invalid(param, `'${param}' must be a whole number from ${range[0]} to ${range[1]}.`);
}

function invalid(param: string, message: string): WireError {
	return new WireError(400, message, { param, code: 'invalid_value' });
}
