import { expect } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import type { ChatResult, ChatState } from '$lib/operations/chat/model.ts';
import { operationRuns } from '$lib/operations/index.server.ts';
import type { App, AppOptions } from '$lib/server/app.ts';
import { allEvents, ended, makeApp, start, temporaryFolder } from '../../../support/app.ts';
import { ChatProvider } from './chat-provider.ts';
import { Shelf } from './shelf.ts';

/** An app with a provider that the test directs. */
export async function appWith(
	provider = new ChatProvider(),
	dataDir = temporaryFolder(),
	options: Partial<AppOptions> & { env?: Record<string, string> } = {}
) {
	const app = await makeApp({ provider, dataDir, runs: operationRuns(), ...options });
	const shelf = new Shelf();
	app.knowledge.of = () => shelf;
	return { provider, dataDir, app, shelf };
}

/** One turn, to its end. */
export async function turn(app: App, message: string, input: object = {}, options: object = {}) {
	const { id } = await start(app, 'chat', { message, ...input }, options);
	const snapshot = await ended(app, id);
	return { id, snapshot, events: await allEvents(app, id), result: snapshot.result as ChatResult };
}

/** A turn in an app of its own. */
export async function said(message: string, provider = new ChatProvider(), input: object = {}, options: object = {}) {
	const { app } = await appWith(provider);
	return { app, provider, ...(await turn(app, message, input, options)) };
}

/** Puts a document into the knowledge base; each text is a passage. */
export async function know(app: App, title: string, texts: readonly string[]) {
	return app.knowledge.of('local').add({
		...{ fileId: `file-${title}`, jobId: `job-${title}`, projectId: null, name: `${title}.md`, title },
		...{ mediaType: 'text/markdown', language: 'en', pages: null, vectors: null },
		passages: texts.map((text, at) => ({ page: null, heading: `Part ${at + 1}`, text }))
	});
}

export const stateOf = (snapshot: JobSnapshot) => snapshot.state as ChatState;

/** The steps' events as `planning started`, in order. */
export function stepsOf(events: readonly JobEvent[]): string[] {
	return events.flatMap(({ type, data }) => {
		const { step, state } = data as { step: string; state: string };
		return type === 'step' ? [`${step} ${state}`] : [];
	});
}

/** The data of the events of a type. */
export function dataOf<T>(events: readonly JobEvent[], type: string): T[] {
	return events.filter((event) => event.type === type).map(({ data }) => data as T);
}

export function expectSuccess({ error, status }: JobSnapshot): void {
	expect(error).toBeNull();
	expect(status).toBe('succeeded');
}
