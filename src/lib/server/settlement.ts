import type { Cost, Receipt, Usage } from '../jobs/event.ts';
import type { CancelReason } from '../jobs/job.ts';
import type { AnyModel, OperationRun, RunLog } from '../operations/operation.ts';
import type { Artifacts } from './blobs/artifacts.ts';
import { totalCost } from './bills.ts';
import type { Children } from './children.ts';
import type { Cleanups } from './cleanups.ts';
import { pause, type Clock } from './clock.ts';
import type { JobRow } from './db/schema.ts';
import type { EventWriter } from './event-writer.ts';
import type { ProviderLink } from './provider-link.ts';
import type { ProviderStop } from './provider-stop.ts';
import type { Snapshots } from './snapshots.ts';
import { withTransients, type Transients } from './transients.ts';

/** What a settlement is made from. */
export interface SettlementParts {
	row: JobRow;
	model: AnyModel;
	leaves?: OperationRun['leaves'];
	artifacts: Artifacts;
	log: RunLog;
	link: ProviderLink;
	writer: EventWriter;
	cleanups: Cleanups;
	children: Children;
	snapshots: Snapshots;
	transients: Transients;
	clock: Clock;
}

/** How a run came to its stop. Times in ms. */
export interface StopFacts {
	atProvider: Promise<ProviderStop>;
	/** The operation ignored its signal and may still hold what it held. */
	leftBehind: boolean;
	/** How long all of it may still take. */
	leftMs: number;
	/** When this process began to stop it. */
	since: number;
}

/** How long storing what is left may take. */
const LEAVE_MS = 3_000;

/** The reckoning at a run's end: what is undone, which children go with it, what it all cost, what stays. */
export class Settlement {
	readonly #parts: SettlementParts;

	constructor(parts: SettlementParts) {
		this.#parts = parts;
	}

	/** Of a run that succeeded. A child that was started and not waited for has no part in it: it is stopped. */
	async bill(ms: number): Promise<{ cost: Cost; usage: Usage | null }> {
		const { cleanups, children, row, link } = this.#parts;
		await Promise.all([cleanups.run(), children.stopAll(row.id, 'error', ms)]);
		const { cost, usage } = link.settle(link.outcome);
		return { cost: await this.#withChildren(cost), usage };
	}

	/** Of one that was stopped or failed. */
	async receipt(reason: CancelReason, { atProvider, leftBehind, leftMs, since }: StopFacts): Promise<Receipt> {
		const { cleanups, children, row, clock } = this.#parts;
		const ends = [atProvider, children.stopAll(row.id, reason, leftMs), cleanups.run(leftMs)] as const;
		const [stop, parts, undone] = await Promise.all(ends);
		const cleanedUp = [...this.#closed(leftBehind), ...parts, ...undone];
		const cost = await this.#withChildren(stop.cost);
		await this.#tellParts();
		await this.#leaveFiles();
		const facts = { reason, requestedAt: row.cancelRequestedAt ?? since, stoppedAt: clock.now() };
		return { ...stop, ...facts, cost, cleanedUp, kept: this.#kept() };
	}

	/** Its parts ended after it did: what its page and its receipt say of them is how they ended. */
	async #tellParts(): Promise<void> {
		const { model, children, snapshots, row, writer } = this.#parts;
		if (!model.settled) return;
		for (const event of model.settled(snapshots.of(row).state, await children.ended(row))) writer.add(event);
		await writer.flush().catch(() => undefined);
	}

	/** What a run leaves that did not succeed. A file that cannot be stored in time is not there at all. */
	async #leaveFiles(): Promise<void> {
		const { leaves, snapshots, row, artifacts, writer, clock, log } = this.#parts;
		const made = async () => (await leaves?.(row.input, snapshots.of(row).state)) ?? [];
		const files = await made().catch((error: unknown) => {
			log.warn({ jobId: row.id, error: String(error) }, 'what a stopped run leaves could not be made');
			return [];
		});
		if (files.length === 0) return;
		const over = new AbortController();
		void pause(clock, LEAVE_MS, over.signal).then(() => over.abort());
		for (const file of files) {
			const stored = await artifacts.put(row.id, file, over.signal).catch((error: unknown) => {
				log.warn({ jobId: row.id, error: String(error) }, 'a file of a stopped run could not be kept');
				return null;
			});
			if (stored) writer.add({ type: 'artifact', data: stored });
		}
		over.abort();
		await writer.flush().catch(() => undefined);
	}

	/** The connection ends with the operation; one that was left behind may still hold it. */
	#closed(leftBehind: boolean): Receipt['cleanedUp'] {
		const { link } = this.#parts;
		return link.state === 'none' ? [] : [{ what: `connection to ${link.label} closed`, ok: !leftBehind }];
	}

	#kept(): string[] {
		const { model, snapshots, row, transients } = this.#parts;
		const { state, content, artifacts } = snapshots.of(row);
		const shown = withTransients(state, model, transients.since(row.id, 0));
		return [...(model.keptOf?.(shown, content) ?? []), ...artifacts.map(({ name }) => name)];
	}

	async #withChildren(own: Cost): Promise<Cost> {
		return totalCost([own, await this.#parts.children.costOf(this.#parts.row.id)]);
	}
}
