/** The usual height of a drawing, in CSS pixels. */
const USUAL = 360;
/** Of bars that lie one above the other: the room for a name, for each of several bars beside it, and for the axis. */
const [LINE, THIN, AROUND] = [18, 8, 60];

interface Channel {
	readonly field?: string;
	readonly type?: string;
}

/** How tall a drawing is to be, in CSS pixels: where bars lie, each name has a line that can be read. */
export function heightOf(
	spec: Readonly<Record<string, unknown>>,
	records: readonly Readonly<Record<string, unknown>>[]
): number {
	const { y, yOffset } = (spec.encoding ?? {}) as { y?: Channel; yOffset?: Channel };
	if (y?.type !== 'nominal') return USUAL;
	const different = (channel: Channel | undefined) =>
		channel?.field === undefined ? 1 : new Set(records.map((record) => record[channel.field ?? ''])).size;
	return Math.max(USUAL, different(y) * Math.max(LINE, different(yOffset) * THIN) + AROUND);
}
