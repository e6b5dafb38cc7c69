/** `npm run bench`: every measure, or those that are named: `npm run bench -- memory`. Build the app first (`npm run build`). */
const measures: Record<string, () => Promise<unknown>> = {
	streams: () => import('./streams.ts'),
	memory: () => import('./memory.ts')
};

const named = process.argv.slice(2);
const unknown = named.find((name) => !Object.hasOwn(measures, name));
if (unknown !== undefined) {
	console.error(`There is no measure "${unknown}". There are: ${Object.keys(measures).join(', ')}.`);
	process.exit(1);
}
for (const name of named.length > 0 ? named : Object.keys(measures)) await measures[name]?.();

export {};
