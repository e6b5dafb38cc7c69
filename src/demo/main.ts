import { join } from 'node:path';
import { startDemo } from './server.ts';

// Runs the demo provider by itself: `npm run demo-provider`. PORT and DEMO_DATA say where.
const port = Number(process.env.PORT ?? 4010);
const here = import.meta.dirname;
const demo = await startDemo({
	dataDir: process.env.DEMO_DATA ?? './data/demo',
	corpusFolders: [join(here, '../../docs'), join(here, 'corpus')],
	linkBase: `http://127.0.0.1:${port}`,
	port
});
console.log(
	`Demo provider at ${demo.url} (any key), its control at ${demo.controlUrl}, its library at http://127.0.0.1:${port}/library`
);
