import { setTimeout } from 'node:timers/promises';
import type { Fault, Struck } from '../faults.ts';
import type { Clock } from '../clock.ts';
import { eventFrame } from '../wire.ts';
import type { Drawing } from './drawing.ts';
import type { Order } from './drawing.ts';
import { detailOf } from './picture-request.ts';
import type { PictureRequest } from './picture-request.ts';
import { pictureUsage } from './picture-usage.ts';
import { moderationError } from './refused.ts';
import type { Studio } from './studio.ts';
import { pictureTiming, READING } from './timing.ts';

// A clock that was moved is noticed this often.
const LOOK_MS = 100;

/** How a request is answered: the prefix of its events, the faults that struck it, and the signal that its client has gone. */
export interface Manner {
	name: string;
	struck: Struck;
	signal: AbortSignal;
	/** Which copy of the picture is the first: those before were drawn for earlier requests. */
	first: number;
}

/** The pictures of one request as they come about. Everything rejects with the signal's reason when the client goes. */
export class PictureRun {
	readonly #studio: Studio;
	readonly #clock: Clock;
	readonly #pace: number;
	readonly #startedAt: number;
	readonly #request: PictureRequest;
	readonly #manner: Manner;

	constructor(studio: Studio, clock: Clock, request: PictureRequest, manner: Manner) {
		this.#studio = studio;
		this.#clock = clock;
		this.#pace = clock.pace;
		this.#startedAt = clock.now();
		this.#request = request;
		this.#manner = manner;
	}

	/** Resolves once the description is read, and the request can be answered. */
	async read(): Promise<void> {
		await this.#until(this.#startedAt + READING / this.#pace);
	}

	/** The frames of an event stream, each when it is due. */
	async *frames(): AsyncGenerator<string> {
		const { course } = this.#manner.struck;
		await this.#stuck();
		for (let copy = 0; copy < this.#request.count; copy++) {
			yield* this.#previews(copy);
			if (course && breaks(course)) return yield eventFrame(errorEvent(course));
			if (course?.name === 'unknown_event') yield eventFrame({ type: 'demo_experiment.progress' });
			const { final } = pictureTiming(this.#request);
			const picture = await this.#draw(copy, final * (copy + 1), (drawing) => drawing.final());
			const usage = this.#usage(1, pictureTiming(this.#request).previews.length);
			yield this.#frame('completed', { b64_json: picture.toString('base64') }, usage);
		}
	}

	/** The answer to a request without a stream. Throws a WireError when a fault says so. */
	async whole(): Promise<Record<string, unknown>> {
		const { course } = this.#manner.struck;
		await this.#stuck();
		if (course && breaks(course)) throw moderationError();
		const data: { b64_json: string; revised_prompt: string }[] = [];
		for (let copy = 0; copy < this.#request.count; copy++) {
			const due = pictureTiming(this.#request).final * (1 + 0.3 * copy);
			await this.#draw(copy, due, async (drawing) => {
				const picture = await drawing.final();
				data.push({ b64_json: picture.toString('base64'), revised_prompt: drawing.caption });
				return picture;
			});
		}
		return { created: this.#seconds(), data, ...this.#echo(), ...this.#usage(data.length, 0) };
	}

	async *#previews(copy: number): AsyncGenerator<string> {
		const { previews, final } = pictureTiming(this.#request);
		const count = previewsSent(previews.length, this.#manner.struck.course);
		for (const [index, due] of previews.slice(0, count).entries()) {
			const preview = await this.#draw(copy, due + final * copy, (drawing) => drawing.preview(index));
			yield this.#frame('partial_image', { b64_json: preview.toString('base64'), partial_image_index: index }, {});
		}
	}

	/** Draws, and hands the drawing out when it is due. */
	#draw(copy: number, due: number, work: (drawing: Drawing) => Promise<Buffer>): Promise<Buffer> {
		return this.#studio.draw(this.#order(copy), this.#manner.signal, async (drawing) => {
			const picture = await work(drawing);
			await this.#until(this.#startedAt + due / this.#pace);
			return picture;
		});
	}

	async #until(moment: number): Promise<void> {
		for (let left; (left = moment - this.#clock.now()) > 0;)
			await setTimeout(Math.min(LOOK_MS, left), undefined, { signal: this.#manner.signal }).catch(() => {
				throw this.#manner.signal.reason;
			});
	}

	/** A run that never begins waits for its client to give up. */
	async #stuck(): Promise<void> {
		if (this.#manner.struck.course?.name === 'stuck_queued') await this.#until(Infinity);
	}

	#frame(event: string, picture: Record<string, unknown>, usage: Record<string, unknown>): string {
		const type = `${this.#manner.name}.${event}`;
		return eventFrame({ type, ...picture, created_at: this.#seconds(), ...this.#echo(), ...usage } as { type: string });
	}

	#echo() {
		const { width, height, quality, transparent } = this.#request;
		return {
			size: `${width}x${height}`,
			quality,
			background: transparent ? 'transparent' : 'opaque',
			output_format: 'png'
		};
	}

	#usage(pictures: number, asked: number): Record<string, unknown> {
		const { course, usage } = this.#manner.struck;
		if (usage) return {};
		return { usage: pictureUsage(this.#request, pictures, previewsSent(asked, course)) };
	}

	#order(copy: number): Order {
		const { prompt, width, height, quality, transparent, images } = this.#request;
		return { prompt, width, height, detail: detailOf(quality), transparent, images, copy: copy + this.#manner.first };
	}

	#seconds(): number {
		return Math.floor(this.#clock.now() / 1000);
	}
}

/** How many of the previews asked for are sent: fewer when a fault says so, or when it breaks the run before. */
export function previewsSent(asked: number, course: Fault | undefined): number {
	if (course?.name === 'final_only') return 0;
	const limited = course?.name === 'fewer_partials' || (course && breaks(course));
	return limited ? Math.min(asked, course.after ?? 1) : asked;
}

function breaks({ name }: Fault): boolean {
	return /^(moderation_midstream|failed|nested_error|flat_error)$/.test(name);
}

function errorEvent({ name }: Fault): { type: 'error'; [field: string]: unknown } {
	const { error } =
		name === 'moderation_midstream'
			? moderationError().body
			: {
					error: {
						message: 'The demo was asked to fail here.',
						type: 'server_error',
						param: null,
						code: 'server_error'
					}
				};
	return name === 'flat_error' ? { ...error, type: 'error' } : { type: 'error', error };
}
