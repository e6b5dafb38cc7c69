/** Red, green and blue, 0 to 255 each. */
export type Colour = readonly [number, number, number];

/** Reads `#rrggbb`. */
export function hex(code: string): Colour {
	const value = Number.parseInt(code.slice(1), 16);
	return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The colour `share` (0 to 1) of the way from one to the other. */
export function mix(from: Colour, to: Colour, share: number): Colour {
	return [lerp(from[0], to[0], share), lerp(from[1], to[1], share), lerp(from[2], to[2], share)];
}

/** The colour at `place` (0 to 1) along evenly spaced stops. */
export function along(stops: readonly Colour[], place: number): Colour {
	const at = clamp(place) * (stops.length - 1);
	const index = Math.min(Math.floor(at), stops.length - 2);
	return mix(stops[index] ?? BLACK, stops[index + 1] ?? BLACK, at - index);
}

/** How light a colour looks, 0 to 255 (Rec. 709 weights). */
export function lightness(red: number, green: number, blue: number): number {
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function lerp(from: number, to: number, share: number): number {
	return from + (to - from) * share;
}

/** Confines a number to 0 to 1. */
export function clamp(value: number): number {
	return value < 0 ? 0 : value > 1 ? 1 : value;
}

/** 0 below `from`, 1 above `to`, and a soft step between. */
export function soften(from: number, to: number, value: number): number {
	const t = clamp((value - from) / (to - from));
	return t * t * (3 - 2 * t);
}

const BLACK: Colour = [0, 0, 0];
