import { parse, View, type Runtime } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Colours } from './colours.ts';
import { themeOf } from './theme.ts';
import { titleLines } from './title-lines.ts';

/** What is to be drawn: a Vega-Lite specification whose data are named `rows`, and these. Sizes in CSS pixels. */
export interface Picture {
	readonly spec: Readonly<Record<string, unknown>>;
	readonly records: readonly Readonly<Record<string, unknown>>[];
	readonly width: number;
	readonly height: number;
	readonly colours: Colours;
}

/** Values that are shown of a mark: what each is called, and the value as the chart writes it. */
export type Facts = readonly (readonly [string, string])[];

/** A mark that can be pointed at, and where it lies within the drawing, in CSS pixels. */
export interface Point {
	readonly facts: Facts;
	readonly place: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/** A drawing on the page. */
export interface Drawing {
	/** Puts it where another stood. */
	place(host: HTMLElement): void;
	/** How many marks can be pointed at. */
	readonly count: number;
	/** One of them, from 0. */
	point(index: number): Point | null;
	close(): void;
}

/** Draws; `pointed` hears which mark the mouse is on. Rejects with an Error for a specification that cannot be drawn. */
export async function draw(picture: Picture, pointed: (index: number | null) => void): Promise<Drawing> {
	const element = document.createElement('div');
	const view = new View(runtimeOf(picture, false), {
		expr: expressionInterpreter,
		renderer: 'svg',
		container: element
	});
	let marks: Node[] = [];
	// Vega's own tooltip is an element with a style sheet of its own.
	const tell = (item: unknown) => {
		const place = marks.indexOf(item as Node);
		pointed(place < 0 ? null : place);
	};
	view.tooltip((_, __, item, value) => tell(value == null ? null : item));
	// A finger does not hover.
	view.addEventListener('pointerdown', (_, item) => tell(item));
	await filled(view, picture);
	marks = markedIn((view.scenegraph() as unknown as { root: Node }).root);
	return {
		place: (host) => host.replaceChildren(element),
		count: marks.length,
		point: (index) => pointOf(marks[index], element),
		close: () => void view.finalize()
	};
}

/** The drawing as an SVG file, with its title. */
export async function svgOf(picture: Picture): Promise<string> {
	return saved(picture, (view) => view.toSVG());
}

/** The drawing as a PNG file, with its title and twice as fine as its size says. */
export async function pngOf(picture: Picture): Promise<Blob> {
	return saved(picture, async (view) => {
		const canvas = await view.toCanvas(2);
		const { promise, resolve } = Promise.withResolvers<Blob | null>();
		canvas.toBlob(resolve, 'image/png');
		const blob = await promise;
		if (!blob) throw new Error('The picture could not be made.');
		return blob;
	});
}

async function saved<T>(picture: Picture, save: (view: View) => Promise<T>): Promise<T> {
	const view = new View(runtimeOf(picture, true), { expr: expressionInterpreter, renderer: 'none' });
	try {
		await filled(view, picture);
		return await save(view);
	} finally {
		view.finalize();
	}
}

/** Around a drawing on the page, and in a file. In CSS pixels. */
const PADDING = { page: 4, file: 20 };

/** The page says the title beside the drawing; a file has to bring it. */
function runtimeOf({ spec, width, height, colours }: Picture, titled: boolean): Runtime {
	const sized = { width, height, autosize: { type: 'fit', contains: 'padding' } };
	const padding = titled ? PADDING.file : PADDING.page;
	const title = titled && typeof spec.title === 'string' ? titleLines(spec.title, width - 2 * padding) : undefined;
	const whole = { ...spec, ...sized, title } as unknown as TopLevelSpec;
	// The content policy allows no code from text: Vega's expressions are read, not compiled.
	return parse(compile(whole, { config: themeOf(colours, width, padding) }).spec, undefined, { ast: true });
}

async function filled(view: View, { records }: Picture): Promise<void> {
	// Vega writes into what it is given.
	await view
		.data(
			'rows',
			records.map((record) => ({ ...record }))
		)
		.runAsync();
}

/** A node of Vega's scene: what it draws, and of each mark its tooltip and its element. */
interface Node {
	readonly marktype?: string;
	readonly items?: readonly Node[];
	readonly tooltip?: unknown;
	readonly _svg?: SVGElement;
}

/** What can be pointed at, in the order of the rows. Of a line and of an area these are its points. */
function markedIn({ marktype, items = [] }: Node): Node[] {
	if (marktype === 'line' || marktype === 'area') return [];
	if (marktype !== 'group') return items.filter(({ tooltip }) => tooltip != null);
	return items.flatMap((group) => (group.items ?? []).flatMap(markedIn));
}

function pointOf(mark: Node | undefined, element: HTMLElement): Point | null {
	if (!mark?._svg) return null;
	const [own, whole] = [mark._svg.getBoundingClientRect(), element.getBoundingClientRect()];
	const { width, height } = own;
	const place = { left: own.left - whole.left, top: own.top - whole.top, width, height };
	return { facts: factsOf(mark.tooltip), place };
}

function factsOf(tooltip: unknown): Facts {
	if (typeof tooltip !== 'object' || tooltip === null) return [['', String(tooltip)]];
	return Object.entries(tooltip).map(([name, value]) => [name, String(value)]);
}
