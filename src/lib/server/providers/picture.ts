import { HeadwayError } from '../../jobs/error.ts';
import type { ImageEvent, ImageRequest, Provider } from '../../operations/provider.ts';
import { pause } from '../clock.ts';
import { connectionLost, ProviderError, unknownOutcome } from './errors.ts';
import { isLost, refusesStreaming, waitBeforeCreate } from './faults.ts';
import { listen } from './listen.ts';
import type { AttachDeps } from './memory.ts';

/** What must survive this process about one request for pictures. Each method resolves when it is stored. */
export interface PictureMemory {
	/** Awaited before the request leaves. */
	creating(): Promise<void>;
	/** The provider refused: nothing runs there. */
	rejected(): Promise<void>;
}

/** Pictures may take two minutes without a word (providers.md 3.1): a silence of three times the ordinary one is too long. */
const PATIENCE = 3;
const IDLE_MS = 120_000;

/**
 * One request for pictures, sent again only where nothing can have begun. Yields until `ended`. Nothing can be taken up
 * again: a stream that is cut fails with `provider_connection`, an answer that never began with `unknown_outcome`.
 */
export async function* requestPicture(
	provider: Provider,
	request: ImageRequest,
	memory: PictureMemory,
	deps: AttachDeps
): AsyncGenerator<ImageEvent, void> {
	let asked = deps.refused?.has('stream') ? unstreamed(request) : request;
	for (let tries = 1; ; tries += 1) {
		await memory.creating();
		const way = { begun: false };
		try {
			yield* follow(provider, asked, deps, way);
			return;
		} catch (error) {
			deps.signal.throwIfAborted();
			if (way.begun || !(error instanceof HeadwayError)) throw error;
			if (isLost(error)) throw unknownOutcome(provider.label, error.cause ?? error);
			await memory.rejected();
			if (asked.stream && refusesStreaming(error)) {
				deps.refused?.add('stream');
				deps.leftOut?.('stream');
				asked = unstreamed(asked);
				continue;
			}
			const waitMs = waitBeforeCreate(error, tries, deps.random ?? Math.random);
			if (waitMs === null) throw error;
			deps.retryNotice?.(error, waitMs);
			await pause(deps.clock, waitMs, deps.signal);
			deps.signal.throwIfAborted();
		}
	}
}

function unstreamed(request: ImageRequest): ImageRequest {
	return { ...request, stream: false, partialImages: 0 };
}

async function* follow(
	provider: Provider,
	request: ImageRequest,
	deps: AttachDeps,
	way: { begun: boolean }
): AsyncGenerator<ImageEvent, void> {
	const idleMs = PATIENCE * (deps.idleMs ?? IDLE_MS);
	const message = `No data from ${provider.label} for ${Math.round(idleMs / 1_000)} s; what arrived is kept.`;
	const listening = {
		...{ clock: deps.clock, signal: deps.signal, idleMs },
		idle: () => new ProviderError('provider_idle', message)
	};
	for await (const event of listen((signal) => provider.image(request, signal), listening)) {
		way.begun = true;
		deps.heard();
		yield event;
		if (event.type === 'ended') return;
	}
	throw connectionLost(provider.label);
}
