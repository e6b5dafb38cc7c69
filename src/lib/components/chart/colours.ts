/** The page's colours for a drawing, as `#rrggbb`: what is drawn is also saved, and not every program knows newer notations. */
export interface Colours {
	readonly paper: string;
	readonly ink: string;
	readonly soft: string;
	readonly line: string;
	readonly edge: string;
	readonly accent: string;
	/** For several series: first eight that are told apart by hue and by lightness, then those again, darker and paler. */
	readonly series: readonly string[];
}

const SERIES = 8;

/** The colours as they are now, in light or dark, for an element of class `chart` or within one: `chart.css` says its series. */
export function coloursOf(element: HTMLElement): Colours {
	const probe = document.createElement('span');
	probe.hidden = true;
	element.append(probe);
	const named = (name: string) => {
		probe.style.color = `var(--${name})`;
		return plain(getComputedStyle(probe).color);
	};
	try {
		const [paper, ink] = [named('color-canvas'), named('color-ink')];
		const series = Array.from({ length: SERIES }, (_, index) => named(`series-${index + 1}`));
		return {
			...{ paper, ink, soft: named('color-soft'), line: named('color-line'), edge: named('color-edge') },
			...{ accent: named('series-1'), series: [series, mixed(series, ink), mixed(series, paper)].flat() }
		};
	} finally {
		probe.remove();
	}
}

/** Those of the light page on white, whatever it is now: a saved picture goes into a document. */
export function printedColours(element: HTMLElement): Colours {
	const { dataset } = document.documentElement;
	const chosen = dataset.theme;
	// The page's colours are worked out at its root; it is as it was again before anything is painted.
	dataset.theme = 'light';
	try {
		return { ...coloursOf(element), paper: '#ffffff' };
	} finally {
		if (chosen === undefined) delete dataset.theme;
		else dataset.theme = chosen;
	}
}

/** For more series than there are hues: the same again, nearer to another colour. */
function mixed(colours: readonly string[], other: string): string[] {
	const part = (colour: string, place: number) => parseInt(colour.slice(1 + 2 * place, 3 + 2 * place), 16);
	const blend = (colour: string) =>
		[0, 1, 2].map((place) => Math.round(0.6 * part(colour, place) + 0.4 * part(other, place)));
	return colours.map((colour) => hex(blend(colour)));
}

/** Any colour that the browser knows, by painting a pixel with it. */
function plain(colour: string): string {
	const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
	if (!context) return colour;
	context.fillStyle = colour;
	context.fillRect(0, 0, 1, 1);
	const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
	return hex([red, green, blue]);
}

const hex = (parts: readonly number[]) => `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

/** Calls `changed` when the page turns from light to dark or back, by the device or by the person. Returns what ends it. */
export function onThemeChange(changed: () => void): () => void {
	const dark = matchMedia('(prefers-color-scheme: dark)');
	const { dataset } = document.documentElement;
	let known = dataset.theme;
	const observer = new MutationObserver(() => {
		if (dataset.theme === known) return;
		known = dataset.theme;
		changed();
	});
	observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
	dark.addEventListener('change', changed);
	return () => {
		observer.disconnect();
		dark.removeEventListener('change', changed);
	};
}
