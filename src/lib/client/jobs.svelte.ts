import { createContext } from 'svelte';
import type { JobEvent } from '../jobs/event.ts';
import type { JobOptions } from '../jobs/job.ts';
import type { PartsForecast } from '../jobs/parts-forecast.ts';
import { inOrder } from '../jobs/order.ts';
import type { JobSnapshot, JobSummary } from '../jobs/snapshot.ts';
import type { OperationId } from '../operations/index.ts';
import { Connection, type ConnectionState, type ConnectionUse } from './connection.svelte.ts';
import type { LiveFrame } from './live-frame.ts';
import { ListedJobs, type OlderJobs } from './listed-jobs.svelte.ts';
import { LiveJob, type JobCommands } from './live-job.svelte.ts';
import { whenInSight } from './page-sight.ts';
import { ServerClock } from './server-clock.svelte.ts';
import type { SystemInfo } from './system.ts';
import { chosenTransport } from './transport.ts';
import { browserTools, TabConnection } from './tab-connection.svelte.ts';
import { command, CommandError, createClient, newKey, type Client } from './trpc.ts';

/** So many older jobs come at a time. */
const PAGE = 100;

/** The owner's jobs as this page sees them: the list, the followed ones, the one live connection, the commands. */
export class Jobs implements JobCommands {
	readonly system: SystemInfo;
	readonly clock: ServerClock;
	readonly #listed: ListedJobs;
	readonly #client: Client;
	readonly #connection: Connection | TabConnection;
	#followed: LiveJob[] = [];
	#forget: () => void = () => undefined;

	/** Connects at once in a browser; on the server it only holds what the page was loaded with. */
	constructor(
		loaded: { list: JobSummary[]; older?: string | null; system: SystemInfo },
		client: Client = createClient({ transport: () => (loaded.system.websocket ? chosenTransport() : 'sse') }),
		connect = typeof window !== 'undefined',
		tools = connect ? browserTools() : null
	) {
		this.system = loaded.system;
		this.clock = new ServerClock(loaded.system.serverNow);
		this.#client = client;
		this.#listed = new ListedJobs(loaded.list, loaded.older ?? null, (before) => this.#olderThan(before));
		const use: ConnectionUse = {
			follow: () => this.#followed.filter((job) => !job.ended).map((job) => ({ jobId: job.id, after: job.seq })),
			frame: (frame) => this.#receive(frame),
			missing: () => void this.#dropMissing()
		};
		this.#connection = tools ? new TabConnection(client, use, tools) : new Connection(client, use);
		if (connect) this.#connection.open();
		if (connect) this.clock.run(this.active.length > 0);
		if (connect) this.#forget = whenInSight(() => this.#listed.show());
	}

	/** Newest first. */
	get list(): readonly JobSummary[] {
		return this.#listed.list;
	}

	/** Queued or running. */
	get active(): readonly JobSummary[] {
		return this.#listed.active;
	}

	/** Whether there are older jobs than the listed ones. */
	get hasOlder(): boolean {
		return this.#listed.hasOlder;
	}

	/** Lists the next older ones. Rejects with a `CommandError`. */
	async older(): Promise<void> {
		await this.#listed.older();
	}

	#olderThan(before: string): Promise<OlderJobs> {
		return command(() => this.#client.jobs.list.query({ parent: 'none', without: 'chat', before, limit: PAGE }));
	}

	get connection(): ConnectionState {
		return this.#connection.current;
	}

	/** When the server was last heard, pings included; by its own clock, in ms. */
	get heardAt(): number | null {
		const { heardAt } = this.#connection;
		return heardAt === null ? null : this.clock.at(heardAt);
	}

	/** How this page reaches the server, and whether through another tab. */
	get link() {
		const led = this.#connection instanceof TabConnection && !this.#connection.leads;
		return { state: this.connection.state, heardAt: this.heardAt, led };
	}

	/** Tries to connect now, without waiting for the next attempt. */
	reconnect(): void {
		this.#connection.tryAgain();
	}

	/** The server's clock, ticking each second while something runs. */
	get now(): number {
		return this.clock.now;
	}

	/** Follows a job from where the snapshot is; `heard` is told of each event as it comes. Release it when the page goes. */
	follow(snapshot: JobSnapshot, heard?: (event: JobEvent) => void): LiveJob {
		const job = new LiveJob(snapshot, this.clock, this, heard);
		this.clock.read(snapshot.serverNow);
		this.#followed.push(job);
		if (!job.ended) this.#connection.changed();
		return job;
	}

	/** Whether a job is on screen. */
	follows(id: string): boolean {
		return this.#followed.some((job) => job.id === id);
	}

	release(job: LiveJob): void {
		this.#followed = this.#followed.filter((followed) => followed !== job);
		if (!job.ended) this.#connection.changed();
	}

	behind(): void {
		this.#connection.resume();
	}

	/** Starts a job; a start whose answer was lost finds the first job again by its key. Rejects with a `CommandError`. */
	async start(operation: string, input: unknown, options: JobOptions = {}): Promise<JobSnapshot> {
		const key = newKey();
		// The form's input is checked by the operation's own schema on the server.
		const request = { input: input as never, options, key };
		// Each operation's procedure has types of its own; here any of them is called alike.
		const { start } = this.#client.operations[operation as OperationId] as {
			start: { mutate(sent: typeof request): Promise<unknown> };
		};
		return (await command(() => start.mutate(request))) as JobSnapshot;
	}

	async cancel(id: string): Promise<void> {
		await command(() => this.#client.jobs.cancel.mutate({ id }));
	}

	/** What finishing a job now costs more, at the most. Rejects with a `CommandError` where it would be of no use. */
	async finishQuote(id: string) {
		return command(() => this.#client.jobs.finishQuote.query({ id }));
	}

	async finish(id: string): Promise<void> {
		await command(() => this.#client.jobs.finish.mutate({ id }));
	}

	async retry(id: string): Promise<JobSnapshot> {
		const key = newKey();
		return (await command(() => this.#client.jobs.retry.mutate({ id, key }))) as JobSnapshot;
	}

	async remove(id: string): Promise<void> {
		await command(() => this.#client.jobs.remove.mutate({ id }));
		this.#listed.drop(id);
	}

	async answer(id: string, questionId: string, value: unknown): Promise<void> {
		await command(() => this.#client.jobs.answer.mutate({ id, questionId, value }));
	}

	/** What a batch will take and cost. Rejects with a `CommandError` where it could not be started. */
	async forecastBatch(input: unknown): Promise<PartsForecast> {
		return command(() => this.#client.batches.forecast.mutate({ input: input as never }));
	}

	/** What such a run usually takes; nulls without enough history. */
	async forecast(operation: string, variant: string) {
		return command(() => this.#client.system.forecast.query({ operation, variant }));
	}

	close(): void {
		this.#connection.close();
		this.#forget();
		this.clock.run(false);
	}

	/** Finds out which followed jobs were deleted, and goes on with the rest. */
	async #dropMissing(): Promise<void> {
		for (const job of this.#followed.filter(({ ended }) => !ended)) {
			if (!(await this.#isGone(job.id))) continue;
			job.vanish();
			this.#followed = this.#followed.filter((followed) => followed !== job);
			this.#listed.drop(job.id);
		}
		this.#connection.changed();
	}

	async #isGone(id: string): Promise<boolean> {
		return command(() => this.#client.jobs.get.query({ id })).then(
			() => false,
			(error: unknown) => error instanceof CommandError && error.data.code === 'not_found'
		);
	}

	#receive(frame: LiveFrame): void {
		for (const job of this.#followed) {
			const snapshot = frame.snapshots.find(({ id }) => id === job.id);
			if (snapshot && isNewer(snapshot, job)) job.reset(snapshot);
			const ofJob = (event: JobEvent) => event.jobId === job.id;
			job.take(inOrder(frame.events.filter(ofJob), frame.transients.filter(ofJob)));
			if (frame.kind === 'live') job.live();
		}
		if (frame.feed) this.#list(frame.feed);
		for (const id of frame.removed ?? []) this.#listed.drop(id);
		if (frame.feed) this.#correct(frame.feed);
	}

	/** What a job cost, or whether its cancel was taken, may be known only after its end: its log says no more, the feed says that it changed. */
	#correct(changed: readonly JobSummary[]): void {
		for (const job of this.#followed) {
			const { cost, receipt } = job.snapshot;
			const isOpen = job.ended && (!cost.known || receipt?.provider === 'unconfirmed');
			if (!isOpen || !changed.some(({ id }) => id === job.id)) continue;
			const found = command(() => this.#client.jobs.snapshot.query({ id: job.id })) as Promise<JobSnapshot>;
			void found.then((snapshot) => isNewer(snapshot, job) && job.reset(snapshot)).catch(() => undefined);
		}
	}

	#list(changed: readonly JobSummary[]): void {
		const [first] = changed;
		if (first) this.clock.read(first.serverNow);
		this.#listed.take(changed);
		this.clock.run(this.active.length > 0);
	}
}

/** Another tab may be further behind than this one; another log starts over. */
function isNewer(snapshot: JobSnapshot, job: LiveJob): boolean {
	return snapshot.seq >= job.seq || snapshot.logEpoch !== job.snapshot.logEpoch;
}

/** The page's jobs, put into context by the layout. */
export const [getJobs, setJobs] = createContext<Jobs>();
