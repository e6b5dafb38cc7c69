import { building, dev, version } from '$app/environment';
import { env } from '$env/dynamic/private';
import { loadOperations, operationRuns } from '$lib/operations/index.server.ts';
import { createApp, type App } from '$lib/server/app.ts';
import { readConfig } from '$lib/server/config.ts';
import type { WebSocketDoor } from '$lib/server/ws-door.ts';
import { enter } from '$lib/server/http/entrance.ts';
import { StreamDoor } from '$lib/server/http/stream-door.ts';
import { ownerOf } from '$lib/server/owner.ts';
import { idleSettings, unknownSettings } from '$lib/server/unknown-settings.ts';
import type { Handle, HandleServerError, ServerInit } from '@sveltejs/kit';

// The server entry (scripts/serve.js) and a reloading dev server find the one app here.
const place = Symbol.for('headway.app');
const socketPlace = Symbol.for('headway.websocket');
const streamsPlace = Symbol.for('headway.streams');
const warmUpPlace = Symbol.for('headway.warm-up');
const holder = globalThis as {
	[place]?: App;
	[socketPlace]?: WebSocketDoor | null;
	[streamsPlace]?: StreamDoor;
	/** Loads what runs need and a start does not. */
	[warmUpPlace]?: () => Promise<void>;
};

/** Starts the app once; a dev reload closes the one before. */
export const init: ServerInit = async () => {
	if (building) return;
	await holder[place]?.close();
	// Each reload may have brought other code: what names it must differ, or a checkpoint of the one before would be trusted.
	const code = dev ? `${version}-${Date.now()}` : version;
	const app = await createApp({ config: readConfig(env), runs: operationRuns(), version: code });
	for (const variable of unknownSettings(env)) app.log.warn({ variable }, 'no setting has this name: it does nothing');
	for (const idle of idleSettings(env)) app.log.warn(idle, 'this setting does nothing without the one that it needs');
	holder[place] = app;
	holder[socketPlace] = app.config.websocket ? await socketDoorOf(app) : null;
	holder[streamsPlace] = new StreamDoor(app, env);
	holder[warmUpPlace] = async () => {
		await loadOperations();
		app.demo?.library.load();
	};
};

// Most servers have none: what it stands on is loaded only where it is asked for.
async function socketDoorOf(app: App): Promise<WebSocketDoor> {
	const { WebSocketDoor } = await import('$lib/server/ws-door.ts');
	return new WebSocketDoor(app);
}

export const handle: Handle = async ({ event, resolve }) => {
	const app = holder[place];
	if (!app) throw new Error('the app is not started');
	event.locals.app = app;
	event.locals.owner = ownerOf(event.request);
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
