import type { Condition, Sign } from './conditions.ts';
import type { Column, Table } from './schema.ts';

export type Unit = 'hour' | 'weekday' | 'day' | 'month' | 'quarter' | 'year';
export type Fold = 'count' | 'different' | 'sum' | 'average' | 'median' | 'most' | 'least';

/** What a question asks, in terms of the tables. */
export interface Reading {
	readonly kind: 'groups' | 'share' | 'distribution' | 'rows';
	/** Whose rows are counted, or added up. */
	readonly fact: Table;
	readonly fold: Fold;
	/** What is folded; null where rows are counted. */
	readonly measure: Column | null;
	readonly time: { readonly column: Column; readonly unit: Unit } | null;
	readonly groups: readonly Column[];
	readonly conditions: readonly Condition[];
	/** Of a share: what the rows have to be of which the share is asked; none where each group has its own. */
	readonly part: readonly Condition[];
	/** What the figure of each group has to be. */
	readonly limit: { readonly sign: Sign; readonly number: number; readonly not: readonly number[] } | null;
	/** The greatest or the least first, and how many of them. */
	readonly top: { readonly descending: boolean; readonly limit: number } | null;
	/** How wide the steps of a distribution are, where the question says it. */
	readonly step: number | null;
}
