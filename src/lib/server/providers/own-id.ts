import { randomUUID } from 'node:crypto';

/** A provider's id made unlike any other: some servers draw theirs from a thousand numbers. Nothing can be asked there by it. */
export function ownId(id: string): string {
	return `${id}-${randomUUID().slice(0, 8)}`;
}
