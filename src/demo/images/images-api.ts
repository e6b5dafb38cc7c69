import { EventSink } from '../event-sink.ts';
import { Answered } from '../exchange.ts';
import type { Exchange } from '../exchange.ts';
import type { FaultDeck, Operation, Struck } from '../faults.ts';
import { IMAGE_MODELS, requireModel } from '../request.ts';
import type { Clock } from '../clock.ts';
import { readJson } from '../wire.ts';
import { PictureRun } from './picture-run.ts';
import { pictureRequestOf } from './picture-request.ts';
import { Repeats } from './repeats.ts';
import { isForbidden, moderationError } from './refused.ts';
import type { Studio } from './studio.ts';

// A picture has few events: faults that strike a stream strike it behind the first preview.
const DEFAULT_AFTER = 1;

/** The endpoints under /v1/images. Nothing is kept of a picture, and nobody draws on for a client that has gone. */
export class ImagesApi {
	readonly #studio: Studio;
	readonly #deck: FaultDeck;
	readonly #clock: Clock;
	readonly #repeats = new Repeats();

	constructor(studio: Studio, deck: FaultDeck, clock: Clock) {
		this.#studio = studio;
		this.#deck = deck;
		this.#clock = clock;
	}

	async generate(exchange: Exchange): Promise<void> {
		await this.#answer(exchange, 'image_generation', await readJson(exchange.req), []);
	}

	async edit(exchange: Exchange): Promise<void> {
		const { readForm } = await import('./multipart.ts');
		const { fields, images } = await readForm(exchange.req);
		await this.#answer(exchange, 'image_edit', fields, images);
	}

	async #answer(exchange: Exchange, name: string, fields: Record<string, unknown>, images: Buffer[]): Promise<void> {
		requireModel(fields.model ?? IMAGE_MODELS[0], IMAGE_MODELS);
		const request = pictureRequestOf(fields, images);
		const operations: Operation[] = request.stream ? ['create', 'image', 'stream'] : ['create', 'image'];
		const struck = await exchange.strike(this.#deck, operations, request.prompt);
		if (isForbidden(request.prompt) || struck.course?.name === 'refusal') throw moderationError();
		if (struck.reply?.name === 'lost_create') throw this.#hangUp(exchange);
		exchange.gone.throwIfAborted();
		const first = request.stream ? this.#repeats.of(request, Date.now()) : 0;
		const run = new PictureRun(this.#studio, this.#clock, request, { name, struck, signal: exchange.gone, first });
		await run.read();
		if (request.stream && !struck.reply) await this.#stream(exchange, run, struck);
		else exchange.json(200, await run.whole());
	}

	#hangUp(exchange: Exchange): Answered {
		exchange.res.socket?.destroy();
		return new Answered();
	}

	async #stream(exchange: Exchange, run: PictureRun, { tell }: Struck): Promise<void> {
		exchange.prepareHeaders();
		const sink = new EventSink(exchange.res, tell, DEFAULT_AFTER);
		for await (const frame of run.frames()) {
			if (!sink.open) break;
			await sink.send(frame);
		}
		sink.end();
	}
}
