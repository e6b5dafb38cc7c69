import { building, version } from '$app/environment';
import { env } from '$env/dynamic/private';
import { operationRuns } from '$lib/operations/index.server.ts';
import { createApp, type App } from '$lib/server/app.ts';
import { readConfig } from '$lib/server/config.ts';
import { WebSocketDoor } from '$lib/server/ws-door.ts';
import { enter } from '$lib/server/http/entrance.ts';
import type { Handle, HandleServerError, ServerInit } from '@sveltejs/kit';

// The server entry (scripts/serve.js) and a reloading dev server find the one app here.
const place = Symbol.for('headway.app');
const socketPlace = Symbol.for('headway.websocket');
const holder = globalThis as { [place]?: App; [socketPlace]?: WebSocketDoor | null };

/** Starts the app once; a dev reload closes the one before. */
export const init: ServerInit = async () => {
	if (building) return;
	await holder[place]?.close();
	const app = await createApp({ config: readConfig(env), runs: operationRuns(), version });
	holder[place] = app;
	holder[socketPlace] = app.config.websocket ? new WebSocketDoor(app) : null;
};

export const handle: Handle = async ({ event, resolve }) => {
	const app = holder[place];
	if (!app) throw new Error('the app is not started');
	event.locals.app = app;
	event.locals.owner = 'local';
	return enter(event, resolve);
};

export const handleError: HandleServerError = ({ error, event, status, message }) => {
	if (status === 404) return { message: 'There is nothing at this address.' };
	if (status < 500) return { message };
	event.locals.app?.log.error(
		{ error: error instanceof Error ? error.stack : String(error), path: event.url.pathname },
		'request failed'
	);
	return { message: 'Something went wrong inside Headway. The log says more.', code: 'internal' };
};
