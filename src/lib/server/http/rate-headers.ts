import type { Allowance } from '../rate-limits.ts';

/** Says what is left of each limit that a request counted against (draft-ietf-httpapi-ratelimit-headers). */
export function tellAllowances({ headers }: Response, allowances: readonly Allowance[]): void {
	if (allowances.length === 0) return;
	headers.set(
		'ratelimit-policy',
		allowances.map(({ name, quota, windowS }) => `"${name}";q=${quota};w=${windowS}`).join(', ')
	);
	headers.set('ratelimit', allowances.map(({ name, left, resetS }) => `"${name}";r=${left};t=${resetS}`).join(', '));
}
