import { seededRandom } from '../seeded.ts';
import { PALETTES } from './palettes.ts';
import type { Palette } from './palettes.ts';

/** What the land of a landscape is made of. */
export type Terrain = 'mountains' | 'hills' | 'forest' | 'city' | 'dunes' | 'sea';

/** What a picture will show. It follows from the seed and the words of the prompt, and from nothing else. */
export interface Scene {
	seed: string;
	kind: 'landscape' | 'space' | 'flow';
	terrain: Terrain;
	palette: Palette;
	/** Place of the sun, the moon or the planet: shares of the width and of the height. */
	light: { x: number; y: number };
}

const TERRAINS: readonly [Terrain, RegExp][] = [
	['city', /\b(?:city|town|skyline|street|building|tower|tokyo|york|paris|london|architect|house|neon|cyber)/],
	[
		'sea',
		/\b(?:seas?\b|seaside|ocean|beach|lake|water|lighthouse|ship|boat|sail|whale|island|coast|river|harbou?r|fish)/
	],
	['dunes', /\b(?:desert|dune|sand|sahara|camel|mars\b)/],
	['forest', /\b(?:forest|jungle|tree|wood|leaf|leaves|deer|bear|fox|owl|cabin|garden)/],
	['mountains', /\b(?:mountain|alp|peak|summit|valley|snow|glacier|cliff|volcan|canyon|dragon|castle)/],
	['hills', /\b(?:hill|meadow|field|farm|sheep|village|bicycle|road|horse|picnic|windmill|kite)/]
];
const SPACE =
	/\b(?:space|planet|galax|cosmos|cosmic|universe|nebula|rocket|astronaut|orbit|saturn|jupiter|alien|satellite)/;
const FLOW =
	/\b(?:abstract|pattern|flow|marble|texture|wallpaper|swirl|logo|icon|gradient|fluid|paint|silk|smoke|music|idea)/;

/** Reads a scene out of a prompt; what its words leave open is drawn by lot from `seed`. */
export function sceneOf(prompt: string, seed: string): Scene {
	const words = prompt.toLowerCase();
	const random = seededRandom(seed);
	const palette = PALETTES.find((each) => each.words.test(words)) ?? pick(PALETTES, random());
	const terrain = firstNamed(words);
	const chosen = terrain ?? pick(TERRAINS, random())[0];
	const kind = kindOf(words, terrain !== undefined || palette.words.test(words), random());
	const light = { x: 0.22 + 0.56 * random(), y: palette.night ? 0.16 + 0.14 * random() : 0.3 + 0.16 * random() };
	return { seed, kind, terrain: chosen, palette, light };
}

/** A sentence that tells truthfully what is in the picture. */
export function captionOf({ kind, terrain, palette }: Scene): string {
	const subject = { landscape: `a landscape with ${terrain}`, space: 'a planet among stars', flow: 'flowing folds' }[
		kind
	];
	return `Drawn by rules, not by a model: ${subject}, in the colours of “${palette.name}”.`;
}

/** Of several, the one that the prompt names first: that is mostly what it is about. */
function firstNamed(words: string): Terrain | undefined {
	const places = TERRAINS.map(([terrain, named]) => ({ terrain, at: words.search(named) }));
	return places.filter(({ at }) => at >= 0).toSorted((a, b) => a.at - b.at)[0]?.terrain;
}

function kindOf(words: string, isScenery: boolean, lot: number): Scene['kind'] {
	if (SPACE.test(words)) return 'space';
	if (FLOW.test(words)) return 'flow';
	return isScenery || lot < 0.6 ? 'landscape' : lot < 0.85 ? 'flow' : 'space';
}

function pick<Each>(list: readonly [Each, ...Each[]] | readonly Each[], lot: number): Each {
	return list[Math.floor(lot * list.length)] as Each;
}
