/** Fails when modules below `src/` import one another in a cycle, types included; prints each cycle. */
import { cyclesIn, importGraph } from './lib/imports.mjs';
import { at } from './lib/project.mjs';

const graph = importGraph(at('src'));
const cycles = cyclesIn(graph);
for (const cycle of cycles) console.error(`Import cycle: ${cycle.join(' → ')}`);
if (cycles.length === 0) console.log(`${graph.size} modules, no import cycle.`);
process.exit(cycles.length === 0 ? 0 : 1);
