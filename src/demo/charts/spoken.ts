import type { Condition } from './conditions.ts';
import type { Column, Table } from './schema.ts';
import { wordsOf } from './tokens.ts';

/** What a column is called in a heading. */
export function spoken({ name }: Column): string {
	return name.replaceAll('_', ' ').trim();
}

/** What a count of a table's rows is called. */
export function counted({ name }: Table): string {
	return `number of ${wordsOf(name).at(-1) ?? name}`;
}

/** Which part it is that a share is said of, with a colon; empty where it is said of each group. */
export function partCalled(part: readonly Condition[]): string {
	const words = part.map((condition) => {
		const not = 'is' in condition ? DENIALS[condition.is] : condition.not?.length ? 'not ' : '';
		return `${not}${'values' in condition ? condition.values.join(' or ') : spoken(condition.column)}`;
	});
	return words.length === 0 ? '' : `${words.join(', ')}: `;
}

const DENIALS = { true: '', false: 'not ', missing: 'no ', there: 'with ' };

const UNITS: Readonly<Record<string, string>> = {
	...{ eur: '€', usd: '$', gbp: '£', km: 'km', m: 'm', kg: 'kg', g: 'g', mwh: 'MWh', kwh: 'kWh' },
	...{ min: 'min', minutes: 'min', hours: 'h', seconds: 's', c: '°C', tons: 't', percent: '%' }
};

/** The unit that a column is measured in, by the end of its name; `eur_per_mwh` is no plain one. */
export function unitOf({ name }: Column): string | null {
	const words = wordsOf(name);
	const per = words.indexOf('per');
	if (per > 0)
		return (
			`${UNITS[words[per - 1] ?? ''] ?? ''}/${UNITS[words[per + 1] ?? ''] ?? ''}`.replace(/^\/$|^\/|\/$/g, '') || null
		);
	return UNITS[words.at(-1) ?? ''] ?? null;
}
