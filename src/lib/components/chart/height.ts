/** The usual height of a drawing, in CSS pixels. */
const USUAL = 360;
/** Of bars that lie one above the other: the room for a name, for each of several bars beside it, and for the axis. */
const [LINE, THIN, AROUND] = [18, 8, 60];

/** Below this width a legend stands under the drawing: beside it, it would leave that no room. In CSS pixels. */
export const NARROW = 560;
/** A line of that legend, how many entries it has, and how many lines the usual height has room for. */
const [ENTRY, ABREAST, ROOM] = [20, 2, 2];
/** More entries no legend shows. */
export const MOST_ENTRIES = 24;

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
	return Math.max(USUAL, different(y, records) * Math.max(LINE, different(yOffset, records) * THIN) + AROUND);
}

/** The same where it is narrower than `NARROW`: its legend takes nothing from the drawing. */
export function narrowHeightOf(...[spec, records]: Parameters<typeof heightOf>): number {
	const { color } = (spec.encoding ?? {}) as { color?: Channel };
	const entries = Math.min(MOST_ENTRIES, different(color, records));
	return heightOf(spec, records) + Math.max(0, Math.ceil(entries / ABREAST) - ROOM) * ENTRY;
}

function different(channel: Channel | undefined, records: Parameters<typeof heightOf>[1]): number {
	const { field } = channel ?? {};
	return field === undefined ? 1 : new Set(records.map((record) => record[field])).size;
}
