import type { AnyModel } from '../operations/operation.ts';

/** What is limited, and to how much (docs/operators.md, "Limits"). Of those at the doors, 0 means no limit. */
export interface LimitSettings {
	/** Running jobs: of the server, of each owner, at each provider (null: as the server's), of operations by their id. */
	server: number;
	owner: number;
	provider: number | null;
	operation: Record<string, number>;
	/** Queued and running jobs of an owner. */
	unfinished: number;
	/** Jobs that an owner may start in a minute. */
	starts: number;
	/** Requests that may come from one address in a minute. */
	requests: number;
	/** Streams that may be open: of the server, and of each owner. */
	streams: number;
	streamsPerOwner: number;
}

/** What the environment says about limits. */
export interface LimitVariables {
	HEADWAY_MAX_RUNNING: number;
	HEADWAY_MAX_RUNNING_PER_OWNER: number;
	HEADWAY_MAX_RUNNING_PER_PROVIDER?: number | undefined;
	HEADWAY_MAX_RUNNING_BY_OPERATION?: Record<string, number> | undefined;
	HEADWAY_MAX_UNFINISHED: number;
	HEADWAY_STARTS_PER_MINUTE: number;
	HEADWAY_REQUESTS_PER_MINUTE: number;
	HEADWAY_MAX_STREAMS: number;
	HEADWAY_MAX_STREAMS_PER_OWNER: number;
}

/** The limits as they were configured. */
export function readLimits(v: LimitVariables): LimitSettings {
	return {
		server: v.HEADWAY_MAX_RUNNING,
		owner: v.HEADWAY_MAX_RUNNING_PER_OWNER,
		provider: v.HEADWAY_MAX_RUNNING_PER_PROVIDER ?? null,
		operation: v.HEADWAY_MAX_RUNNING_BY_OPERATION ?? {},
		unfinished: v.HEADWAY_MAX_UNFINISHED,
		starts: v.HEADWAY_STARTS_PER_MINUTE,
		requests: v.HEADWAY_REQUESTS_PER_MINUTE,
		streams: v.HEADWAY_MAX_STREAMS,
		streamsPerOwner: v.HEADWAY_MAX_STREAMS_PER_OWNER
	};
}

/** How much may run at once: what was configured, and where nothing was, what each operation says itself. */
export function runningLimits(models: Record<string, AnyModel>, limits: LimitSettings) {
	const declared = Object.fromEntries(Object.entries(models).map(([id, model]) => [id, model.limits.running]));
	return { ...limits, operation: { ...declared, ...limits.operation }, interactive: interactiveOf(models) };
}

/** The operations for whose first word a person waits: they take none of the places that the others share. */
export function interactiveOf(models: Record<string, AnyModel>): string[] {
	return Object.values(models).flatMap(({ id, limits }) => (limits.interactive ? id : []));
}
