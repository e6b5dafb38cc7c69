import type { Config } from 'vega-lite';
import type { Colours } from './colours.ts';
import { MOST_ENTRIES, NARROW } from './height.ts';

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";

/** How every chart looks: the page's colours and type; its marks name their values. `padding` is around all of it, in CSS pixels. */
export function themeOf(colours: Colours, width: number, padding = 4): Config {
	const { paper, ink, soft, line, edge, accent, series } = colours;
	const narrow = width < NARROW;
	const words = { labelColor: soft, titleColor: soft, labelFontSize: 12, titleFontSize: 12 };
	return {
		background: paper,
		font: FONT,
		padding,
		// The element around it says what it shows.
		aria: false,
		title: { color: ink, anchor: 'start', fontSize: 16, fontWeight: 600, offset: 16 },
		axis: {
			...{ ...words, titleFontWeight: 500, titlePadding: 10, labelLimit: narrow ? 90 : 160, labelSeparation: 4 },
			...{ gridColor: line, domainColor: edge, tickColor: edge }
		},
		legend: {
			...{ ...words, titleFontWeight: 500, labelLimit: 160, symbolLimit: MOST_ENTRIES },
			...(narrow ? { orient: 'bottom', columns: 2 } : {})
		},
		view: { stroke: null },
		mark: { color: accent, tooltip: true },
		line: { strokeWidth: 2, point: { size: 36 } },
		area: { line: true, point: { size: 36 }, opacity: 0.45 },
		point: { filled: true, size: 48, opacity: 0.8 },
		arc: { stroke: paper, strokeWidth: 1 },
		range: { category: [...series], ramp: [line, accent], heatmap: [line, accent] }
	};
}
