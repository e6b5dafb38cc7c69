import type { JobEvent } from '../jobs/event.ts';
import { parseEvent } from '../jobs/event.ts';
import { passOver, reduce } from '../jobs/reduce.ts';
import type { JobSnapshot } from '../jobs/snapshot.ts';
import { analysis } from './analysis/model.ts';
import { batch } from './batch/model.ts';
import { chart } from './chart/model.ts';
import { chat } from './chat/model.ts';
import { document } from './document/model.ts';
import type { AnyModel } from './operation.ts';
import { image } from './image/model.ts';
import { ingest } from './ingest/model.ts';
import { research } from './research/model.ts';
import { solver } from './solver/model.ts';
import { tools } from './tools/model.ts';
import { visual } from './visual/model.ts';

/** What the app can do, in the order of the tiles. Adding an operation is its folder and one line here. */
export const operations = {
	chat,
	research,
	image,
	document,
	chart,
	batch,
	ingest,
	tools,
	analysis,
	solver,
	visual
} as const;

export type Operations = typeof operations;
export type OperationId = keyof Operations;

/** The model of an operation by its id; undefined when there is none. */
export function operationModel(id: string): AnyModel | undefined {
	return Object.hasOwn(operations, id) ? operations[id as OperationId] : undefined;
}

/** `reduce` with the operation's own reducer, found by the snapshot's operation. An unreadable event is counted, not fatal. */
export function reduceJob(
	snapshot: JobSnapshot,
	event: JobEvent,
	models: Record<string, AnyModel> = operations
): JobSnapshot {
	const model = models[snapshot.operation];
	const readable = parseEvent(event, model?.events);
	if (!readable) return passOver(snapshot, event);
	return reduce(snapshot, { ...event, ...readable }, (state, own) => model?.reduce(state, own) ?? state);
}
