import type { Canvas } from './canvas.ts';
import { levels } from './canvas.ts';
import { soften } from './colour.ts';
import { Noise } from './noise.ts';
import type { Scene, Terrain } from './scene.ts';

/** A layer of land: the height of its upper edge over each column, from the top, in picture heights. */
export interface Ridge {
	/** 0 for the farthest to 1 for the nearest. */
	nearness: number;
	edge: Float32Array;
	/** The highest point of the edge; nothing of the layer is above it. */
	top: number;
	/** Where it stands in the water and ends, or 1. */
	foot: number;
}

/** The layers of a landscape, the farthest first; fewer and smoother ones for a rough canvas. */
export function ridgesOf(scene: Scene, canvas: Canvas, horizon: number): Ridge[] {
	const noise = new Noise(`${scene.seed}:land`);
	const most = scene.terrain === 'sea' ? 2 : 6;
	const count = scene.terrain === 'sea' ? levels(canvas, 1, 2) : levels(canvas, 3, most);
	return Array.from({ length: count }, (_, index) => {
		const nearness = count === 1 ? 0 : index / (count - 1);
		// Layers are placed by nearness, so that a rough canvas shows the same scene with some of them left out.
		const place = {
			terrain: scene.terrain,
			horizon,
			nearness,
			lane: Math.round(nearness * (most - 1)),
			octaves: levels(canvas, 2, 7)
		};
		const edge = Float32Array.from({ length: canvas.width }, (_, column) =>
			edgeAt(noise, (column + 0.5) / canvas.height, place)
		);
		const foot = scene.terrain === 'sea' && nearness === 0 ? horizon + 0.004 : 1;
		return { nearness, edge, top: edge.reduce((least, each) => Math.min(least, each), 1), foot };
	});
}

interface Place {
	terrain: Terrain;
	horizon: number;
	nearness: number;
	lane: number;
	octaves: number;
}

function edgeAt(noise: Noise, x: number, place: Place): number {
	const { terrain, horizon, nearness, lane } = place;
	const ground = horizon + (0.98 - horizon) * nearness ** 1.25;
	switch (terrain) {
		case 'mountains':
			return ground + 0.03 - (0.34 - 0.16 * nearness) * peaks(noise, x, place);
		case 'dunes':
			return ground + 0.02 - 0.13 * dune(noise, x * (2.4 - 1.2 * nearness) + 13.7 * lane, lane);
		case 'forest':
			return hill(noise, x, place, ground) - trees(noise, x, place);
		case 'city':
			return ground - houses(noise, x, place);
		case 'sea':
			return headland(noise, x, place);
		default:
			return hill(noise, x, place, ground);
	}
}

function peaks(noise: Noise, x: number, { nearness, lane, octaves }: Place): number {
	const crest = noise.crest(x * (1.5 + 0.5 * nearness) + 7.7 * lane, 3.1 * lane, octaves);
	return 0.55 * crest ** 1.6 + 0.45 * noise.crest(x * 0.7 + 2.9 * lane, lane, 2) - 0.1;
}

function hill(noise: Noise, x: number, { nearness, lane, octaves }: Place, ground: number): number {
	const wide = noise.cloud(x * (1.1 + 0.3 * nearness) + 5.1 * lane, 2.3 * lane, Math.min(octaves, 3));
	return ground - 0.04 - 0.16 * wide;
}

function dune(noise: Noise, x: number, lane: number): number {
	const bent = x + 0.5 * noise.at(x * 0.6, lane * 2.7);
	const place = bent - Math.floor(bent);
	// The windward side rises slowly, the lee side falls steeply.
	const profile = place < 0.72 ? soften(0, 0.72, place) : 1 - soften(0.72, 1, place);
	return profile * (0.55 + 0.45 * noise.at(Math.floor(bent) * 1.7, lane)) + 0.3 * noise.at(x * 0.5, lane + 9);
}

function trees(noise: Noise, x: number, { nearness, lane, octaves }: Place): number {
	const size = 0.045 + 0.17 * nearness ** 1.6;
	const spacing = size * 0.34;
	const cell = Math.floor(x / spacing);
	let tallest = 0;
	for (let each = cell - 1; each <= cell + 1; each++) {
		const trunk = (each + 0.25 + 0.5 * noise.cell(each, lane)) * spacing;
		const height = size * (0.45 + 0.55 * noise.cell(each, lane + 20));
		const away = Math.abs(x - trunk) / (height * 0.24);
		const boughs = octaves > 4 ? 0.14 * ((away * 6) % 1) : 0;
		tallest = Math.max(tallest, height * Math.max(0, 1 - away + boughs * Math.max(0, 1 - away)));
	}
	return tallest;
}

function houses(noise: Noise, x: number, { nearness, lane, octaves }: Place): number {
	const width = 0.05 + 0.06 * nearness;
	const column = Math.floor(x / width + 0.37 * lane);
	const tall = noise.cell(column, lane + 3);
	const height = (0.1 + 0.42 * tall ** 2) * (0.75 + 0.35 * nearness);
	const inside = x / width + 0.37 * lane - column;
	// Some have a mast, some a stepped roof, and some stand a little apart.
	if (inside < 0.06 && tall < 0.5) return height * 0.35;
	if (octaves > 4 && tall > 0.8 && Math.abs(inside - 0.5) < 0.035) return height + 0.07;
	return tall > 0.55 && Math.abs(inside - 0.5) > 0.32 ? height * 0.88 : height;
}

function headland(noise: Noise, x: number, { horizon, nearness, lane, octaves }: Place): number {
	const shape = noise.cloud(x * 1.2 + 11 * lane, 4.1 * lane, octaves);
	if (nearness < 0.5) return horizon + 0.006 - 0.14 * Math.max(0, shape - 0.04);
	return 1.04 - 0.42 * Math.max(0, noise.at(x * 0.85 + 3.3, 8.8) - 0.1) - 0.07 * shape;
}
