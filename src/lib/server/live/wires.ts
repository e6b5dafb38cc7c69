import { inOrder } from '../../jobs/order.ts';
import { writeCursor } from '../trpc/cursor.ts';
import type { Parts, Share, Wire } from './outlet.ts';

/** How a body without a length is told to have ended: by HTTP/1.1's chunks, or (HTTP/1.0) by the end of the connection. */
export type Framing = 'chunked' | 'identity';

/** A wire with what is said besides frames: at the beginning, and at the end. */
export interface StreamWire extends Wire {
	/** What the body begins with. */
	opening(): Buffer;
	/** Said after the last frame, when all that was followed has ended; null where the end of the body says it. */
	readonly returned: Buffer | null;
	/** An error in the form of the typed door; null where only a broken connection says it. */
	failed(shape: unknown): Buffer | null;
}

/** What the typed client is told in `connected`: after how much silence, in ms, it comes back. */
export const trpcClient = { reconnectAfterInactivityMs: 40_000 };

/** How soon a cut stream of the typed door comes back, in ms; spread, so that a restart is not met by everyone at once. tRPC sends no such field of its own. */
export function retryHint(): string {
	return `retry: ${700 + Math.round(Math.random() * 800)}\n\n`;
}

/** How a plain stream begins: an EventSource comes back after 3 s (RS-07). */
export const plainOpening = 'retry: 3000\n\n';
/** What a quiet plain stream says. */
export const plainKeepAlive = ': keep-alive\n\n';

/** One event of the plain door. A live-only one (`seq` null) has no id, so that no reader takes it for its place in the log. */
export function plainEvent({ type, seq, json }: { type: string; seq: number | null; json: string }): string {
	const id = seq === null ? '' : `id: ${seq}\n`;
	return `event: ${type}\n${id}data: ${json}\n\n`;
}

/** tRPC's wire format to the letter: `connected`, one `data` with its id a frame, `ping`, `return`, `serialized-error`. */
export function trpcWire(logEpoch: string, framing: Framing): StreamWire {
	return new TrpcWire(logEpoch, framing);
}

/** Server-sent events, one for each event of the job; nothing is said of a frame without any. */
export function plainWire(framing: Framing): StreamWire {
	return new PlainWire(framing);
}

class TrpcWire implements StreamWire {
	readonly ping: Buffer;
	readonly returned: Buffer;
	readonly #logEpoch: string;
	readonly #framing: Framing;

	constructor(logEpoch: string, framing: Framing) {
		this.#logEpoch = logEpoch;
		this.#framing = framing;
		this.ping = packed(['event: ping\ndata: \n\n\n'], framing);
		this.returned = packed(['event: return\ndata: \n\n\n'], framing);
	}

	opening(): Buffer {
		return packed([retryHint(), `event: connected\ndata: ${JSON.stringify(trpcClient)}\n\n\n`], this.#framing);
	}

	failed(shape: unknown): Buffer {
		return packed([`event: serialized-error\ndata: ${JSON.stringify(shape)}\n\n\n`], this.#framing);
	}

	frame(parts: Parts): Buffer {
		// Who else follows only this, at this cursor, is sent the very same bytes.
		const whole = soleShare(parts) ?? soleList(parts);
		if (whole) return whole.keep(this, () => packed(this.#pieces(parts, eventsText, liveText), this.#framing));
		return packed(this.#pieces(parts, eventsBytes, liveBytes), this.#framing);
	}

	/** A frame in the order of its keys, as `JSON.stringify` would write it. */
	#pieces({ kind, snapshots, shares, list, cursors }: Parts, events: Piece, live: Piece): (string | Buffer)[] {
		return [
			`data: {"kind":"${kind}","snapshots":${JSON.stringify(snapshots)},"events":[`,
			...listed(shares.filter((share) => share.events.length > 0).map(events)),
			'],"transients":[',
			...listed(shares.filter((share) => share.liveOnly.length > 0).map(live)),
			'],"feed":',
			list ? list.keep(listKey, () => Buffer.from(listText(list))) : 'null',
			`}\nid: ${writeCursor(this.#logEpoch, cursors)}\n\n\n`
		];
	}
}

class PlainWire implements StreamWire {
	readonly ping: Buffer;
	readonly returned = null;
	readonly #framing: Framing;
	readonly #opening: Buffer;

	constructor(framing: Framing) {
		this.#framing = framing;
		this.ping = packed([plainKeepAlive], framing);
		this.#opening = packed([plainOpening], framing);
	}

	opening(): Buffer {
		return this.#opening;
	}

	failed(): null {
		return null;
	}

	frame({ shares }: Parts): Buffer | null {
		const frames = shares
			.filter(({ events, liveOnly }) => events.length + liveOnly.length > 0)
			.map((share) => share.keep(this, () => packed([plainText(share)], this.#framing)));
		return frames.length > 1 ? Buffer.concat(frames) : (frames[0] ?? null);
	}
}

type Piece = (share: Share) => string | Buffer;

// Keys of what is kept with a share for all wires of the typed door: the two framings, and any log epoch.
const eventsKey = {};
const liveKey = {};
const listKey = {};

const eventsText = ({ events }: Share) => events.map(({ json }) => json).join(',');
const liveText = ({ liveOnly }: Share) => liveOnly.map(({ json }) => json).join(',');
const eventsBytes = (share: Share) => share.keep(eventsKey, () => Buffer.from(eventsText(share)));
const liveBytes = (share: Share) => share.keep(liveKey, () => Buffer.from(liveText(share)));

function listText({ feed, removed }: NonNullable<Parts['list']>): string {
	return removed.length > 0 ? `${JSON.stringify(feed)},"removed":${JSON.stringify(removed)}` : JSON.stringify(feed);
}

function plainText({ events, liveOnly }: Share): string {
	const live = liveOnly.map((event) => ({ ...event, seq: null }));
	const all = live.length > 0 ? inOrder(events, live) : events;
	let text = '';
	// One growing text: an array of pieces that is joined costs a replay more.
	for (const event of all) text += plainEvent(event);
	return text;
}

/** The one share that a frame consists of, where its id says nothing of the reader's other jobs. */
function soleShare({ kind, snapshots, shares, list, cursors }: Parts): Share | null {
	// By index: this is asked with each delivery, and taking an array apart costs more than all else here.
	const share = shares[0];
	const cursor = cursors[0];
	if (!share || !cursor || shares.length > 1 || cursors.length > 1 || list) return null;
	return kind === 'batch' && snapshots.length === 0 && cursor.after === share.last ? share : null;
}

/** The list that a frame consists of, where its reader follows no job. */
function soleList({ kind, snapshots, cursors, list }: Parts): Parts['list'] {
	return kind === 'batch' && snapshots.length === 0 && cursors.length === 0 ? list : null;
}

/** With a comma between each two. */
function listed(pieces: (string | Buffer)[]): (string | Buffer)[] {
	return pieces.flatMap((piece, index) => (index > 0 ? [',', piece] : [piece]));
}

/** The pieces in a row, as one HTTP chunk where the body is chunked. */
function packed(pieces: readonly (string | Buffer)[], framing: Framing): Buffer {
	const body = pieces.every((piece) => typeof piece === 'string')
		? Buffer.from(pieces.join(''))
		: Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
	if (framing === 'identity') return body;
	return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
}
