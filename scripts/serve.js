/** The server's entry: the built app behind node:http, with the time-outs, the scheme and the shutdown that streams need. */
import http from 'node:http';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

/** Milliseconds. Longer than the 60 s that proxies keep an idle connection, or they reuse one that is just closing. */
const keepAliveMs = 75_000;
/** Milliseconds after which streams that have not ended by themselves are cut, and after which the process ends anyhow. */
const cutAfterMs = 1_500;
const exitAfterMs = 5_000;
/** Milliseconds in which a body must have come, and for which the rest of a refused one is read and thrown away. */
const bodyMs = 300_000;
const lingerMs = 10_000;
/** A terminal's Ctrl-C comes twice, from the terminal and through npm: only a later signal is a second one. */
const sameSignalMs = 500;
/** Milliseconds after which a ready server loads what runs need: whoever waited for it is answered first. */
const warmUpAfterMs = 100;

/** What adapter-node reads by itself. An empty variable is an unset one: that is how compose files leave things out. */
const proxySettings = ['ORIGIN', 'PROTOCOL_HEADER', 'HOST_HEADER', 'PORT_HEADER', 'ADDRESS_HEADER', 'XFF_DEPTH'];

/** Ends the process with one line that says what to do. */
function refuse(sentence) {
	console.error(sentence);
	process.exit(1);
}

/**
 * Keeps what V8 compiled, beside the build and as long as it: the next start compiles nothing again. Node itself takes only
 * what its own version made of the same source, and goes on without where the folder cannot be written.
 */
function keepCompiled() {
	if (process.env.NODE_COMPILE_CACHE) return;
	module.enableCompileCache?.(fileURLToPath(new URL('../build/compiled', import.meta.url)));
}

/** Loads the build. SvelteKit's `init` hook then creates the app and checks its configuration. */
async function load() {
	keepCompiled();
	const { handler } = await import('../build/handler.js');
	const [app, door, streams, warmUp] = ['app', 'websocket', 'streams', 'warm-up'].map(
		(name) => globalThis[Symbol.for(`headway.${name}`)]
	);
	return { handler, app, door, streams, warmUp };
}

/** What an error at start means for the person, or null when it is a fault in the program. */
function explain(error) {
	if (error.code === 'ERR_MODULE_NOT_FOUND' && /build.handler\.js/.test(error.message)) {
		return 'There is no build yet. Run `npm start`, which makes one.';
	}
	if (error.name === 'ConfigError' || error.name === 'HeadwayError') return error.message;
	if (/\b(ORIGIN|XFF_DEPTH)\b/.test(error.message)) return error.message.split('\n')[0];
	return null;
}

/** Why nothing can be listened for there, and what to do. */
function explainListening({ code, message }, { host, port }) {
	if (code === 'EADDRINUSE') {
		return `Port ${port} on ${host} is in use by another program. Stop it, or take another port: PORT=${port + 1} npm start`;
	}
	if (code === 'EACCES') return `Port ${port} may not be opened by this user. Take one above 1023: PORT=3000 npm start`;
	// A name that nobody knows is EAI_AGAIN where no server for names can be reached.
	if (['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL', 'ENOTFOUND', 'EAI_AGAIN'].includes(code)) {
		return `HOST=${host} is not an address of this machine. Use 127.0.0.1, or 0.0.0.0 for all addresses.`;
	}
	return `Port ${port} on ${host} cannot be opened (${code ?? message}). Set HOST and PORT to others.`;
}

/** Stops in order: no new connections, streams end so that clients come back, the app closes; never longer than 5 s. */
async function stop(server, { app, door }) {
	setTimeout(() => process.exit(1), exitAfterMs).unref();
	const closed = new Promise((resolve) => server.close(resolve));
	const idle = setInterval(() => server.closeIdleConnections(), 20);
	const cut = setTimeout(() => server.closeAllConnections(), cutAfterMs);
	// The sockets first: one that is closing says nothing more, so that its client comes back.
	await Promise.all([closed, door?.drain(), app.drain()]);
	clearInterval(idle);
	clearTimeout(cut);
	await app.close();
	process.exit(0);
}

function stopOnSignal(server, parts) {
	let since = 0;
	const onSignal = () => {
		if (since && Date.now() - since > sameSignalMs) process.exit(1);
		if (since) return;
		since = Date.now();
		stop(server, parts).catch((error) => {
			console.error('The shutdown failed:', error);
			process.exit(1);
		});
	};
	process.on('SIGTERM', onSignal);
	process.on('SIGINT', onSignal);
}

/** A body has its time, so that nobody holds connections by sending slowly. The door for files watches for silence instead. */
function limitTime(req) {
	const hasBody = req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined;
	if (!hasBody || (req.method === 'POST' && /^\/api\/files(\?|$)/.test(req.url))) return;
	const timer = setTimeout(() => req.complete || req.destroy(), bodyMs);
	req.once('close', () => clearTimeout(timer));
}

/**
 * A body that was refused unread would leave the next request on this connection waiting for ever: the rest is thrown away.
 * Only for a while: the sender of a large one has read the answer by then, or never will.
 */
function linger(req) {
	const timer = setTimeout(() => req.destroy(), lingerMs);
	req.once('close', () => clearTimeout(timer));
	req.removeAllListeners('data').resume();
}

/** The address that a person on this machine opens. */
function addressOf({ origin, host }, { port }) {
	if (origin) return String(origin);
	if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
	return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

// The migrations, the demo's corpus and the default data folder are found from the project's root.
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
process.on('unhandledRejection', (reason) => console.error('Unhandled rejection:', reason));

// Who names the header trusts their proxy to set it. Otherwise the scheme is the socket's, whatever the request claims,
// so that plain http on a LAN address passes the same-origin check (adapter-node would assume https).
for (const name of proxySettings) if (process.env[name] === '') delete process.env[name];
const trustsProxy = process.env.PROTOCOL_HEADER !== undefined;
process.env.PROTOCOL_HEADER ??= 'x-forwarded-proto';
// The app counts by itself: files may be large, all else may not (lib/server/http/body-limit.ts).
process.env.BODY_SIZE_LIMIT = 'Infinity';

const parts = await load().catch((error) => {
	const sentence = explain(error);
	if (sentence === null) throw error;
	return refuse(sentence);
});

const { handler, app, door, streams } = parts;
/** Notes the scheme where no proxy is trusted to. */
function noteScheme(req) {
	if (!trustsProxy) req.headers['x-forwarded-proto'] = req.socket.encrypted ? 'https' : 'http';
}

/** Where a request comes from, as the handler tells it for those that are no upgrade: by the header that the operator names. */
function clientAddress({ headers, socket }) {
	const { ADDRESS_HEADER: name, XFF_DEPTH: depth = '1' } = process.env;
	if (!name) return socket.remoteAddress ?? '';
	const told = String(headers[name.toLowerCase()] ?? '');
	if (name.toLowerCase() !== 'x-forwarded-for') return told;
	return parseInt(depth) >= 1 ? (told.split(',').at(-parseInt(depth))?.trim() ?? '') : '';
}

// Some clients offer HTTP/2 by `Upgrade: h2c` with each request; that is answered as if they had not.
const isSocket = ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket';
const server = http.createServer({ shouldUpgradeCallback: (req) => Boolean(door) && isSocket(req) }, (req, res) => {
	noteScheme(req);
	// Streams go straight to their sockets; all else, and what is odd about a stream's request, is SvelteKit's.
	if (streams?.take(req, res)) return;
	limitTime(req);
	res.once('finish', () => req.complete || linger(req));
	handler(req, res);
});
// A large file on a slow line takes longer than any limit for all: see limitTime.
server.requestTimeout = 0;
server.keepAliveTimeout = keepAliveMs;
server.headersTimeout = keepAliveMs + 5_000;
stopOnSignal(server, parts);
server.on('upgrade', (req, socket, head) => {
	noteScheme(req);
	const protocol = req.headers[process.env.PROTOCOL_HEADER.toLowerCase()] === 'http' ? 'http' : 'https';
	door.upgrade(req, socket, head, { protocol, address: clientAddress(req) });
});

server.once('error', async (error) => {
	await app.close();
	refuse(explainListening(error, app.config));
});
server.listen({ host: app.config.host, port: app.config.port }, () => {
	for (const line of app.banner(addressOf(app.config, server.address()))) console.log(line);
	setTimeout(() => {
		// What cannot be loaded now fails where it is used, with its own sentence.
		Promise.resolve(parts.warmUp?.())
			.catch((error) => app.log.error({ error: error.stack }, 'not all that runs need could be loaded'))
			.finally(() => module.flushCompileCache?.());
	}, warmUpAfterMs).unref();
});
