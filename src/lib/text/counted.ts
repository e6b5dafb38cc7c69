/** “1 search”, “1,204 searches”. */
export function counted(count: number, one: string, many = `${one}s`): string {
	return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** Those of several counts that are not nought, in words. */
export function countedAny(...counts: readonly Parameters<typeof counted>[]): string[] {
	return counts.filter(([count]) => count > 0).map((each) => counted(...each));
}
