import { once } from 'node:events';
import { crc32, createDeflate } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
// Filter type 2: each byte less the one above it. Cheap, and good at gradients.
const UP = 2;

/** Builds a PNG from its rows, 8 bits a channel; compression runs on another thread. */
export class PngEncoder {
	readonly #header: Buffer;
	readonly #deflate = createDeflate({ level: 5 });
	readonly #parts: Buffer[] = [];
	readonly #ended: Promise<unknown>;
	#above: Uint8Array;

	/** `channels` is 3, or 4 with transparency. */
	constructor(width: number, height: number, channels: 3 | 4) {
		this.#header = Buffer.alloc(13);
		this.#header.writeUInt32BE(width, 0);
		this.#header.writeUInt32BE(height, 4);
		this.#header.set([8, channels === 4 ? 6 : 2], 8);
		this.#above = new Uint8Array(width * channels);
		this.#deflate.on('data', (part: Buffer) => this.#parts.push(part));
		this.#ended = once(this.#deflate, 'end');
		// Whoever gives up before the end never looks at this.
		this.#ended.catch(() => undefined);
	}

	/** Adds the next row; resolves when there is room for more. */
	async add(row: Uint8Array): Promise<void> {
		const line = Buffer.allocUnsafe(row.length + 1);
		line[0] = UP;
		for (let index = 0; index < row.length; index++) line[index + 1] = (row[index] ?? 0) - (this.#above[index] ?? 0);
		this.#above = row.slice();
		if (!this.#deflate.write(line)) await once(this.#deflate, 'drain');
	}

	/** The file, after the last row. */
	async finish(): Promise<Buffer> {
		this.#deflate.end();
		await this.#ended;
		const data = Buffer.concat(this.#parts);
		return Buffer.concat([SIGNATURE, chunk('IHDR', this.#header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
	}

	/** Drops what there is. */
	abandon(): void {
		this.#deflate.destroy();
	}
}

function chunk(type: string, data: Buffer): Buffer {
	const head = Buffer.alloc(8);
	head.writeUInt32BE(data.length, 0);
	head.write(type, 4, 'latin1');
	const check = Buffer.alloc(4);
	check.writeUInt32BE(crc32(data, crc32(head.subarray(4))), 0);
	return Buffer.concat([head, data, check]);
}
