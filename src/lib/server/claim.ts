import { and, eq, inArray, isNull, ne, notInArray, or, sql, type SQL } from 'drizzle-orm';
import type { Db, Rows } from './db/open.ts';
import { jobs, type JobRow } from './db/schema.ts';
import { inTurn } from './places.ts';

/** How many jobs may run at once. */
export interface RunningLimits {
	server: number;
	owner: number;
	/** By operation; one that is not named may take the whole server. */
	operation: Record<string, number>;
	/** At each provider; null: the whole server. A job that asks none itself is not counted. */
	provider: number | null;
	/** Operations that are held only by their own limit and their provider's: `server` and `owner` neither count nor hold them. */
	interactive?: readonly string[];
}

/** Who may claim, and how much of each kind may run at once. */
export interface ClaimTerms {
	runner: string;
	leaseMs: number;
	limits: RunningLimits;
	/** Whether a runner of this machine is known to be gone, so that its lease need not be waited for. */
	isGone(runner: string): boolean;
	/** Whether this process runs the job: its lease may only have been held up, or the clock been set. */
	holds?(jobId: string): boolean;
}

/** What runs next. It is asked each second, nearly always for nothing: what that takes is prepared once. */
export class Claims {
	readonly #leases;
	readonly #anyQueued;

	constructor(db: Db) {
		const lease = { id: jobs.id, leaseUntil: jobs.leaseUntil, runner: jobs.runner };
		this.#leases = db.select(lease).from(jobs).where(eq(jobs.status, 'running')).prepare();
		this.#anyQueued = db.select({ id: jobs.id }).from(jobs).where(eq(jobs.status, 'queued')).limit(1).prepare();
	}

	/** The job that is to run next: one whose runner is gone, else the first of the queue that the limits allow. Within the caller's transaction. */
	next(rows: Rows, terms: ClaimTerms, now: number): JobRow | undefined {
		return this.#orphan(rows, terms, now) ?? (this.#anyQueued.get() && firstAllowed(rows, terms));
	}

	#orphan(rows: Rows, terms: ClaimTerms, now: number): JobRow | undefined {
		// A lease that ends later than any can was given before the clock was set back.
		const isOver = (until: number) => until < now || until > now + 2 * terms.leaseMs;
		const found = this.#leases
			.all()
			.find(
				({ id, leaseUntil, runner }) => !terms.holds?.(id) && (isOver(leaseUntil ?? 0) || terms.isGone(runner ?? ''))
			);
		return found && rows.select().from(jobs).where(eq(jobs.id, found.id)).get();
	}
}

/** A job that waits for its slot goes before one that has not begun: what it was promised counts as taken. */
function firstAllowed(rows: Rows, { limits }: ClaimTerms): JobRow | undefined {
	const taken = shares(rows, or(isNull(jobs.waitingFor), eq(jobs.waitingFor, 'slot')));
	const own = inArray(jobs.operation, [...(limits.interactive ?? [])]);
	const isServerFull = sharing(taken, limits).length >= limits.server;
	if (isServerFull && !limits.interactive?.length) return undefined;
	const free = (kind: Kind) => notInArray(sql`coalesce(${jobs[kind]}, '')`, full(kind, taken, limits));
	return rows
		.select()
		.from(jobs)
		.where(
			and(eq(jobs.status, 'queued'), free('operation'), free('provider'), isServerFull ? own : or(own, free('owner')))
		)
		.orderBy(...inTurn)
		.limit(1)
		.get();
}

/** Whether a running job that gave up its slot may have it back. */
export function mayGoOn(rows: Rows, row: JobRow, limits: RunningLimits): boolean {
	const taken = shares(rows, and(isNull(jobs.waitingFor), ne(jobs.id, row.id)));
	const isFree = (kind: Kind) => !full(kind, taken, limits).includes(row[kind] ?? '');
	if (!isFree('operation') || !isFree('provider')) return false;
	if (limits.interactive?.includes(row.operation)) return true;
	return sharing(taken, limits).length < limits.server && isFree('owner');
}

/** Those that take one of the places which operations share. */
function sharing(taken: readonly Share[], { interactive = [] }: RunningLimits): Share[] {
	return taken.filter(({ operation }) => !interactive.includes(operation));
}

/** What is limited beside the server as a whole. */
type Kind = 'owner' | 'operation' | 'provider';
type Share = Pick<JobRow, Kind>;

function shares(rows: Rows, which: SQL | undefined): Share[] {
	const columns = { owner: jobs.owner, operation: jobs.operation, provider: jobs.provider };
	return rows
		.select(columns)
		.from(jobs)
		.where(and(eq(jobs.status, 'running'), which))
		.all();
}

/** The owners, operations or providers that may have no more. */
function full(kind: Kind, taken: readonly Share[], limits: RunningLimits): string[] {
	// As many as the server has, where nothing else is set: that is counted for the whole server already.
	if (kind === 'provider' && limits.provider === null) return [];
	const counted = kind === 'owner' ? sharing(taken, limits) : taken;
	const counts = Object.entries(Object.groupBy(counted, (share) => share[kind] ?? ''));
	return counts.flatMap(([name, of = []]) => (name !== '' && of.length >= mostOf(kind, name, limits) ? [name] : []));
}

function mostOf(kind: Kind, name: string, { server, owner, operation, provider }: RunningLimits): number {
	if (kind === 'owner') return owner;
	return (kind === 'operation' ? operation[name] : provider) ?? server;
}
