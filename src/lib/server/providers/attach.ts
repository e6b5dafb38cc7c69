import type { Provider, ProviderEvent, ResponseRequest } from '../../operations/operation.ts';
import { Attachment } from './attachment.ts';
import { unknownOutcome } from './errors.ts';
import type { AttachDeps, ProviderMemory } from './memory.ts';

export type { AttachDeps, ProviderMemory } from './memory.ts';

/**
 * The durable run of one response. It creates at most one, goes on after cuts and restarts from the last cursor, or by
 * polling, and yields each fact once; the last event is `ended`. Adopted after a restart and polled, it tells all items
 * from the start: it cannot know which the other process told. When the signal aborts, it throws the signal's reason
 * within moments with its request closed; it does not cancel at the provider. Fails with a `HeadwayError`;
 * `unknown_outcome` when a create may be running without an id, now or when the process before was lost.
 */
export async function* attach(
	provider: Provider,
	request: ResponseRequest,
	memory: ProviderMemory,
	deps: AttachDeps
): AsyncGenerator<ProviderEvent, void> {
	deps.signal.throwIfAborted();
	if (memory.state === 'creating') throw unknownOutcome(provider.label);
	yield* new Attachment(provider, request, memory, deps).run();
}
