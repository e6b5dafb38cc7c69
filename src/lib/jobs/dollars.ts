/** US dollars with two decimals, or four below a cent. */
export function dollars(usd: number): string {
	return usd > 0 && usd < 0.01 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`;
}
