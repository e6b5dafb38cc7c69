import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What stays held in buffers after a collection, in bytes. */
export function heldInBuffers(): number {
	setFlagsFromString('--expose-gc');
	(runInNewContext('gc') as () => void)();
	return process.memoryUsage().arrayBuffers;
}
