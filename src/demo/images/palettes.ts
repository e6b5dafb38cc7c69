import { hex } from './colour.ts';
import type { Colour } from './colour.ts';

/** The colours of a picture. */
export interface Palette {
	name: string;
	/** From the top of the sky to the horizon. */
	sky: readonly Colour[];
	/** Of the sun or the moon, and of what it lights. */
	light: Colour;
	/** From the farthest to the nearest land. */
	land: readonly Colour[];
	/** Stars are out. */
	night: boolean;
}

/** Every palette with the words that call for it, first match wins. */
export const PALETTES: readonly (Palette & { words: RegExp })[] = [
	palette({
		name: 'aurora',
		words: /\b(?:auror|northern light|polar light)/,
		sky: '#03071e #0b2545 #1d6a72 #7ae0a8',
		light: '#c9ffe0',
		land: '#12374a #0a2233 #040d18',
		night: true
	}),
	palette({
		name: 'neon',
		words: /\b(?:neon|cyber|synthwave|futur)/,
		sky: '#12022f #4a0d67 #c2185b #ff8a5c',
		light: '#ffe66d',
		land: '#5a1a78 #2b0f54 #0d0526',
		night: true
	}),
	palette({
		name: 'night',
		words: /\b(?:night|moon|midnight|star(?:s|ry|light)?\b|dark|dream)/,
		sky: '#040816 #0c1a3a #1f3a68 #5b7db1',
		light: '#f4f1de',
		land: '#274472 #142850 #060d1f',
		night: true
	}),
	palette({
		name: 'sunset',
		words: /\b(?:sunset|dusk|evening|twilight|golden|orange|warm)/,
		sky: '#1d2b64 #7b3f75 #e76f51 #ffd08a',
		light: '#fff0c2',
		land: '#a4506c #5c2f55 #1e142e',
		night: false
	}),
	palette({
		name: 'sunrise',
		words: /\b(?:sunrise|dawn|morning|pink|rose|blossom|cherry)/,
		sky: '#5f7fb8 #b8a2cf #f6b5b0 #fff0d6',
		light: '#fffbe6',
		land: '#b48ea8 #7b6590 #3b355a',
		night: false
	}),
	palette({
		name: 'autumn',
		words: /\b(?:autumn|october|harvest|maple|fox|pumpkin)/,
		sky: '#6a8aa3 #b9c1b2 #f0d9a4 #fbe9c0',
		light: '#fff3cf',
		land: '#c98a4b #a2502b #4a2318',
		night: false
	}),
	palette({
		name: 'fire',
		words: /\b(?:fire|lava|volcan|dragon|flame|red\b)/,
		sky: '#17080d #4a0f16 #b3261e #ff9e3d',
		light: '#ffe9a8',
		land: '#7c1c1c #3e0e14 #120509',
		night: false
	}),
	palette({
		name: 'winter',
		words: /\b(?:winter|snow|ice\b|icy|frost|cold|arctic|glacier|penguin)/,
		sky: '#6f9bc9 #a9c9e6 #dcebf6 #fdf6ee',
		light: '#ffffff',
		land: '#c3d6e8 #8fabc9 #49678c',
		night: false
	}),
	palette({
		name: 'desert',
		words: /\b(?:desert|dune|sand|sahara|canyon|camel|mars\b)/,
		sky: '#3f7cac #95b8d1 #f3d9b1 #ffe8c7',
		light: '#fff6df',
		land: '#e2a76f #c1743c #6e3b1f',
		night: false
	}),
	palette({
		name: 'violet',
		words: /\b(?:lavender|purple|violet|magic|wizard|unicorn|flower|iris)/,
		sky: '#2d1b5a #6a4aa5 #c09bd8 #fbdcea',
		light: '#fff1fb',
		land: '#9674b8 #5f438c #261a48',
		night: false
	}),
	palette({
		name: 'forest',
		words: /\b(?:forest|green|jungle|leaf|leaves|tree|spring|garden|moss|frog|wood)/,
		sky: '#5b9aa0 #a3cfc0 #e3eecb #fbf7dd',
		light: '#fffde0',
		land: '#8fb996 #4b8063 #153a2c',
		night: false
	}),
	palette({
		name: 'sea',
		words:
			/\b(?:seas?\b|seaside|ocean|beach|lake|blue|water|lighthouse|ship|boat|sail|whale|island|coast|river|harbou?r)/,
		sky: '#1b5f9e #4f9dd1 #a9d9ec #f5f1dc',
		light: '#fffbe0',
		land: '#7fb2c4 #3d7b93 #12394c',
		night: false
	}),
	palette({
		name: 'ink',
		words: /\b(?:ink\b|black and white|monochrom|gr[ae]y|pencil|charcoal|sketch|noir)/,
		sky: '#8f949a #bfc3c6 #e4e5e3 #f6f4ee',
		light: '#ffffff',
		land: '#a9adb0 #63676b #1d1f22',
		night: false
	}),
	palette({
		name: 'meadow',
		words: /\b(?:summer|sun|field|meadow|grass|hill|farm|sheep|day\b)/,
		sky: '#2f7fc4 #79b7e3 #cfe8f0 #fdf5d7',
		light: '#fffbe0',
		land: '#a9c97f #6c9c4c #2b5527',
		night: false
	})
];

interface Codes {
	name: string;
	words: RegExp;
	sky: string;
	light: string;
	land: string;
	night: boolean;
}

function palette({ sky, light, land, ...rest }: Codes): Palette & { words: RegExp } {
	const colours = (codes: string) => codes.split(' ').map(hex);
	return { ...rest, sky: colours(sky), light: hex(light), land: colours(land) };
}
