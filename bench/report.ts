import type { Figure, Target } from './measure.ts';
import { median } from './statistics.ts';

/** What a target says of a figure: the value that it is held against, whether it is met, and in words. */
export interface Verdict {
	target: Target;
	/** The figure divided by the peer or the limit; not a finite number where that peer was not measured, or did nothing. */
	ratio: number;
	/** Null where there is nothing to hold it against. */
	met: boolean | null;
	words: string;
}

/** Each of a figure's targets, judged by medians. */
export function judge(figure: Figure): Verdict[] {
	return (figure.targets ?? []).map((target) => {
		const [bound, words] = boundOf(figure, target);
		const limit = 'limit' in target ? 1 : target.times;
		const ratio = median(figure.ours) / bound;
		const met = !Number.isFinite(ratio) ? null : figure.better === 'lower' ? ratio <= limit : ratio >= limit;
		return { target, ratio, met, words };
	});
}

/** What a target compares with, in the figure's unit, and the target in words. */
function boundOf({ peers, better, unit }: Figure, target: Target): [number, string] {
	const sign = better === 'lower' ? '≤' : '≥';
	if ('limit' in target) return [target.limit, `${sign} ${number(target.limit)} ${unit}`.trim()];
	const peer = peers.find(({ name }) => name === target.against);
	return [median(peer?.rounds ?? []), `${sign} ${target.times} × ${target.against}`];
}

/** A figure with its medians, ratios and verdicts, as the JSON has it. */
export function summarize(figure: Figure) {
	const own = median(figure.ours);
	const peers = figure.peers.map(({ name, rounds }) => ({
		...{ name, rounds, median: median(rounds), ratio: own / median(rounds) }
	}));
	return { ...figure, median: own, peers, targets: judge(figure) };
}

/** A figure's rows: what, side, value, spread of its rounds, Headway ÷ side, and the target where there is one. */
function rowsOf(figure: Figure): string[][] {
	const verdicts = judge(figure);
	const own = median(figure.ours);
	const absolute = verdicts.filter(({ target }) => 'limit' in target);
	const rest = (side: string) => verdicts.filter(({ target }) => 'against' in target && target.against === side);
	const row = (what: string, side: string, rounds: readonly number[], ratio: string, said: Verdict[]) => [
		...[what, side, `${number(median(rounds))} ${figure.unit}`.trim(), spread(rounds), ratio],
		said.map(({ met, words }) => `${words}: ${met === null ? 'not measured' : met ? 'met' : 'NOT MET'}`).join('; ')
	];
	return [
		row(figure.what, 'Headway', figure.ours, '', absolute),
		...figure.peers.map(({ name, rounds }) => row('', name, rounds, `${number(own / median(rounds))} ×`, rest(name)))
	];
}

/** A Markdown table of figures that reads as plain text too. */
export function table(figures: readonly Figure[]): string {
	const header = ['measure', 'side', 'median', 'rounds', 'Headway ÷ side', 'target'];
	const rows = [header, ...figures.flatMap(rowsOf)];
	const widths = header.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
	const line = (row: readonly string[]) =>
		`| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
	const rule = line(widths.map((width) => '-'.repeat(width)));
	return [line(header), rule, ...rows.slice(1).map(line)].join('\n');
}

/** What a reader of the figures must know, as lines of a list. */
export function notesOf(figures: readonly Figure[]): string[] {
	return figures.flatMap(({ what, note }) => (note ? [`- ${what}: ${note}`] : []));
}

/** Lowest and highest round. */
function spread(rounds: readonly number[]): string {
	return rounds.length < 2 ? '' : `${number(Math.min(...rounds))} – ${number(Math.max(...rounds))}`;
}

/** Three digits that count, thousands apart. */
export function number(value: number): string {
	if (Number.isNaN(value)) return '–';
	const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
	return value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: digits });
}
