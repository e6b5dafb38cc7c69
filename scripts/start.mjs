/** `npm start`: installs what is missing, builds what is stale, and runs the server until it is told to stop. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { environmentFor } from './lib/node-runtime.mjs';
import { PreparationError, ensureBuilt, ensureInstalled } from './lib/prepare.mjs';
import { at, root } from './lib/project.mjs';
import { stopAll } from './lib/run-quietly.mjs';

const say = (line) => console.log(line);

/** Runs the server in the foreground and ends as it ends. */
function serve(node) {
	const env = environmentFor(node, { NODE_ENV: 'production' });
	const server = spawn(node, [at('scripts', 'serve.js')], { cwd: root, env, stdio: 'inherit' });
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
		process.removeAllListeners(signal);
		process.on(signal, () => server.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
	}
	server.on('error', (error) => {
		console.error(`The server could not be started: ${error.message}`);
		process.exit(1);
	});
	server.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
	process.on(signal, () => {
		stopAll();
		process.exit(128 + constants.signals[signal]);
	});
}

try {
	const node = await ensureInstalled(say);
	await ensureBuilt(node, say);
	serve(node);
} catch (error) {
	if (!(error instanceof PreparationError)) throw error;
	if (error.output) console.error(error.output.trimEnd());
	console.error(error.message);
	process.exit(1);
}
