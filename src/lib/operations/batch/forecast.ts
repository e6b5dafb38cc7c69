import { dollars } from '../../jobs/dollars.ts';
import { describeRange, MIN_RUNS } from '../../jobs/estimate.ts';
import type { Cost } from '../../jobs/event.ts';
import { formatDuration } from '../../jobs/duration.ts';
import type { ForecastRange, PartsForecast } from '../../jobs/parts-forecast.ts';
import type { Totals } from './results.ts';

/** A time that is foreseen, in words: "4–6 min". */
export function timeRange(ms: ForecastRange): string {
	const words = describeRange(ms);
	return words === 'wrapping up' ? 'a few seconds' : words.replace(/^about /, '');
}

/** Money that is foreseen, in words: "$0.20–0.31", "$0.20", "no cost". */
export function moneyRange({ low, high }: ForecastRange): string {
	if (high === 0) return 'no cost';
	const [from, to] = [dollars(low), dollars(high)];
	return from === to ? to : `${from}–${to.slice(1)}`;
}

/** What a batch will take and cost, in sentences, with what cannot be said and why (BY-08). */
export function describeForecast(forecast: PartsForecast): string[] {
	const { parts, atOnce, ms } = forecast;
	const places = atOnce > 1 ? `, ${atOnce} at a time` : '';
	const time = ms ? `Usually ${timeRange(ms)} for ${parts === 1 ? '1 part' : `${parts} parts${places}`}.` : null;
	return [time, moneySentence(forecast), ...missingIn(forecast)].filter((said) => said !== null);
}

function moneySentence({ parts, paidParts, usd }: PartsForecast): string | null {
	if (!usd) return null;
	const whole = paidParts === parts;
	if (usd.high === 0) return whole ? 'It costs nothing.' : `${paidParts} of the ${parts} parts cost nothing.`;
	return whole ? `Costs ${moneyRange(usd)}.` : `Costs ${moneyRange(usd)} for ${paidParts} of the ${parts} parts.`;
}

/** Why a time or a cost is not said: kinds without enough past runs, and models without a price. */
export function missingIn({ kinds }: PartsForecast): string[] {
	const young = kinds.filter(({ runs }) => runs < MIN_RUNS);
	const unpaid = kinds.filter(
		({ runs, paidRuns, priced, free }) => priced && !free && runs >= MIN_RUNS && paidRuns < MIN_RUNS
	);
	const runsOf = young.map(({ model, runs }) => `${runs} of ${MIN_RUNS} runs${model && ` on ${model}`}`);
	const unpriced = distinct(kinds.filter(({ priced }) => !priced).map(({ model }) => model));
	const untold = distinct(unpaid.map(({ model }) => model));
	return [
		...(young.length > 0
			? [`No estimate yet${young.length < kinds.length ? ' for all' : ''}: ${listed(runsOf)}.`]
			: []),
		...(untold.length > 0 ? [`Too few runs on ${listed(untold)} told all that they cost.`] : []),
		...(unpriced.length > 0 ? [`What ${listed(unpriced)} costs is not known here.`] : [])
	];
}

/** What parts have cost so far, and what all will have cost at this rate; null before enough have ended. */
export function projected(planned: number, { ended, cost }: Totals): number | null {
	return cost.usd === null || ended < MIN_RUNS || ended >= planned ? null : (cost.usd / ended) * planned;
}

/** A forecast and what came of it, in a sentence each (BY-08). */
export function verdictOf({ ms, usd, parts, paidParts }: PartsForecast, elapsedMs: number, cost: Cost): string[] {
	const time =
		ms &&
		`Took ${formatDuration(elapsedMs)}, ${compared(elapsedMs, ms, saidTo(ms.high))} ${timeRange(ms).replace(/^a /, '')}`;
	const money = (paid: number, range: ForecastRange) =>
		range.high === 0 && paid === 0
			? 'Cost nothing, as foreseen'
			: `Cost ${cost.known ? '' : 'at least '}${dollars(paid)}, ${compared(paid, range, range.high < 0.01 ? 0.00005 : 0.005)} ${moneyRange(range)}`;
	const isWhole = usd !== null && cost.usd !== null && paidParts === parts;
	return [time, isWhole ? money(cost.usd ?? 0, usd) : null].filter((said) => said !== null).map((said) => `${said}.`);
}

/** What is in the range as it is said is in it: 4:05 is within "4–6 min", though the range began at 4:20. */
function compared(value: number, { low, high }: ForecastRange, slack: number): string {
	if (value < low - slack) return 'less than the foreseen';
	return value > high + slack ? 'more than the foreseen' : 'within the foreseen';
}

/** Half of what a time in words is rounded to, in ms (`describeRange`). */
function saidTo(ms: number): number {
	if (ms < 5_000) return 5_000;
	if (ms < 90_000) return ms < 20_000 ? 500 : 2_500;
	return ms < 90 * 60_000 ? 30_000 : 15 * 60_000;
}

const distinct = (names: readonly string[]) => [...new Set(names)];

/** Names with commas, and "and" before the last. */
function listed(names: readonly string[]): string {
	return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? '');
}
