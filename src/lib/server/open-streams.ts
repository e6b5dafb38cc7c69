import { HeadwayError } from '../jobs/error.ts';

/** The door that a stream is read through. */
export type StreamDoor = 'trpc' | 'ws' | 'sse';
export const streamDoors: readonly StreamDoor[] = ['trpc', 'ws', 'sse'];

/** How many streams may be open; 0: any number. */
export interface StreamLimits {
	streams: number;
	streamsPerOwner: number;
}

/** Seconds after which there may be room again. Streams last for minutes: to ask sooner would be of no use. */
const RETRY_S = 10;

/** Which streams are open, and whether another may be. */
export class OpenStreams {
	readonly #limits: StreamLimits;
	readonly #refused: () => void;
	readonly #byOwner = new Map<string, number>();
	readonly #byDoor = new Map<StreamDoor, number>();
	#all = 0;

	/** `refused` is told of each refusal. */
	constructor(limits: StreamLimits, refused: () => void = () => undefined) {
		this.#limits = limits;
		this.#refused = refused;
	}

	/** Of one door, or of all. */
	count(door?: StreamDoor): number {
		return door ? (this.#byDoor.get(door) ?? 0) : this.#all;
	}

	/** Throws `limit_reached` when no stream of the owner's can be opened now. */
	admit(owner: string): void {
		const { streams, streamsPerOwner } = this.#limits;
		if (streamsPerOwner > 0 && (this.#byOwner.get(owner) ?? 0) >= streamsPerOwner)
			this.#refuse(`You have ${streamsPerOwner} streams open, and may not have more.`);
		if (streams > 0 && this.#all >= streams)
			this.#refuse(`This server has ${streams} streams open, and takes no more.`);
	}

	/** Throws `limit_reached` when as many sockets are open as there may be streams: each is there to carry at least one. */
	admitSocket(open: number): void {
		const { streams } = this.#limits;
		if (streams > 0 && open >= streams)
			this.#refuse(`This server has ${streams} live connections open, and takes no more.`);
	}

	#refuse(sentence: string): never {
		this.#refused();
		throw new HeadwayError('limit_reached', `${sentence} Close some, or try again in ${RETRY_S} seconds.`, {
			retryAfter: RETRY_S
		});
	}

	/** Counts a stream that opened. */
	open(owner: string, door: StreamDoor): void {
		this.#add(owner, door, 1);
	}

	/** Counts it off. */
	close(owner: string, door: StreamDoor): void {
		this.#add(owner, door, -1);
	}

	#add(owner: string, door: StreamDoor, by: 1 | -1): void {
		this.#all += by;
		this.#byDoor.set(door, this.count(door) + by);
		const own = (this.#byOwner.get(owner) ?? 0) + by;
		if (own > 0) this.#byOwner.set(owner, own);
		else this.#byOwner.delete(owner);
	}
}
