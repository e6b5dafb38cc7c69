import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { Raster } from './raster.ts';

// Width of what is kept: more than an edit needs to be recognised, and small whatever was sent.
const MOST_PIXELS = 1 << 20;
const MOST_BYTES = 256 * 1024 * 1024;
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 4: 2, 6: 4 };

/** Reads a PNG of 8 bits a channel that is not interlaced, without its transparency, shrunk to at most a megapixel; null for any other bytes. */
export async function decodePng(file: Buffer, pause: () => Promise<void> | undefined): Promise<Raster | null> {
	const header = headerOf(file);
	if (!header) return null;
	const { width, height, channels } = header;
	const stride = width * channels + 1;
	const inflated = await inflatedFrom(file, stride * height);
	if (!inflated) return null;
	const step = Math.max(1, Math.ceil(Math.sqrt((width * height) / MOST_PIXELS)));
	const small = new Raster(Math.floor(width / step), Math.floor(height / step));
	if (small.width < 1 || small.height < 1) return null;
	const shrink = { step, channels, small };
	for (let y = 0; y < height; y++) {
		await pause();
		unfilter(inflated, y * stride, stride, channels);
		addRow(inflated.subarray(y * stride + 1, (y + 1) * stride), Math.floor(y / step), shrink);
	}
	return small;
}

function headerOf(file: Buffer) {
	if (file.length < 33 || file.readUInt32BE(0) !== 0x89504e47 || file.toString('latin1', 12, 16) !== 'IHDR')
		return null;
	const [depth, kind = -1, , , interlaced] = file.subarray(24, 29);
	const channels = CHANNELS[kind];
	const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
	const readable = depth === 8 && interlaced === 0 && channels !== undefined && width > 0 && height > 0;
	return readable && width * height * channels <= MOST_BYTES ? { width, height, channels } : null;
}

async function inflatedFrom(file: Buffer, length: number): Promise<Buffer | null> {
	const parts: Buffer[] = [];
	for (let at = 8; at + 12 <= file.length;) {
		const size = file.readUInt32BE(at);
		if (file.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(file.subarray(at + 8, at + 8 + size));
		at += size + 12;
	}
	try {
		const bytes = await promisify<Buffer, object, Buffer>(inflate)(Buffer.concat(parts), { maxOutputLength: length });
		return bytes.length === length ? bytes : null;
	} catch {
		return null;
	}
}

/** Undoes the filter of the row that begins at `from`, in place. */
function unfilter(bytes: Buffer, from: number, stride: number, channels: number): void {
	const filter = bytes[from];
	for (let at = from + 1; at < from + stride; at++) {
		const left = at - channels > from ? (bytes[at - channels] ?? 0) : 0;
		const above = from > 0 ? (bytes[at - stride] ?? 0) : 0;
		const corner = from > 0 && at - channels > from ? (bytes[at - stride - channels] ?? 0) : 0;
		bytes[at] = (bytes[at] ?? 0) + predicted(filter, left, above, corner);
	}
}

function predicted(filter: number | undefined, left: number, above: number, corner: number): number {
	if (filter === 1) return left;
	if (filter === 2) return above;
	if (filter === 3) return (left + above) >> 1;
	if (filter !== 4) return 0;
	const estimate = left + above - corner;
	const [toLeft, toAbove, toCorner] = [left, above, corner].map((each) => Math.abs(estimate - each)) as [
		number,
		number,
		number
	];
	return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
}

interface Shrink {
	step: number;
	channels: number;
	small: Raster;
}

/** Adds a row's share to the shrunken picture. */
function addRow(row: Buffer, y: number, { step, channels, small }: Shrink): void {
	const { pixels } = small;
	if (y >= small.height) return;
	const share = 1 / (step * step);
	const grey = channels < 3;
	for (let x = 0; x < small.width * step; x++) {
		const to = (y * small.width + Math.floor(x / step)) * 3;
		for (let channel = 0; channel < 3; channel++)
			pixels[to + channel] = (pixels[to + channel] ?? 0) + (row[x * channels + (grey ? 0 : channel)] ?? 0) * share;
	}
}
