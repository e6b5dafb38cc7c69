import type { z } from 'zod';
import { HeadwayError } from '../jobs/error.ts';
import { parseEvent, type Cost, type JobEvent, type Usage } from '../jobs/event.ts';
import type { AnyModel, DurableProvider, RunContext, RunLog } from '../operations/operation.ts';
import type { Blobs } from './blobs.ts';
import type { Cleanups } from './cleanups.ts';
import type { Clock } from './clock.ts';
import type { EventLog } from './event-log.ts';
import type { EventWriter } from './event-writer.ts';
import type { ProgressMeter } from './progress-meter.ts';
import type { Transients } from './transients.ts';

/** What a context is made of; the run owns all of it. */
export interface RunParts {
	jobId: string;
	model: AnyModel;
	signal: AbortSignal;
	finishing: AbortSignal;
	/** Aborts when the job has ended: what an operation that was left behind still sends goes nowhere. */
	over: AbortSignal;
	streaming: boolean;
	resumed: RunContext['resumed'];
	provider: DurableProvider;
	log: RunLog;
	clock: Clock;
	events: EventLog;
	writer: EventWriter;
	meter: ProgressMeter;
	transients: Transients;
	blobs: Blobs;
	cleanups: Cleanups;
	/** Publishes where the bar stands now. */
	tick(): void;
}

/** The context that an operation is given: the only thing it touches. Every event is checked against its schema on the way out. */
export class JobContext implements RunContext {
	readonly #parts: RunParts;

	constructor(parts: RunParts) {
		this.#parts = parts;
	}

	get jobId() {
		return this.#parts.jobId;
	}
	get signal() {
		return this.#parts.signal;
	}
	get finishing() {
		return this.#parts.finishing;
	}
	get streaming() {
		return this.#parts.streaming;
	}
	get resumed() {
		return this.#parts.resumed;
	}
	get provider() {
		return this.#parts.provider;
	}
	get log() {
		return this.#parts.log;
	}

	now(): number {
		return this.#parts.clock.now();
	}

	phase(name: string): void {
		const { meter, writer } = this.#parts;
		if (!meter.enter(name, this.now())) return;
		const fraction = meter.floor;
		writer.add({ type: 'phase', data: { phase: name, fraction } }, { phase: name, fraction, basis: 'estimated' });
		this.#parts.tick();
	}

	progress(fraction: number, basis: 'measured' | 'estimated'): void {
		this.#parts.meter.count(fraction, basis);
	}

	activity(message: string): void {
		this.#publish({ type: 'activity', data: { message } });
	}

	emit(type: string, data: unknown): void {
		this.#parts.writer.add(this.#checked(type, data));
	}

	transient(type: string, data: unknown): void {
		this.#publish(this.#checked(type, data));
	}

	#publish(event: { type: string; data: unknown }): void {
		if (this.#parts.over.aborted) return;
		this.#parts.transients.publish({ jobId: this.jobId, at: this.now(), ...event });
	}

	content(target: string, text: string, replace?: boolean): void {
		if (text === '' && !replace) return;
		this.#parts.writer.add({ type: 'content', data: replace ? { target, text, replace } : { target, text } });
	}

	notice(level: 'info' | 'warning', code: string, message: string): void {
		this.#parts.writer.add({ type: 'notice', data: { level, code, message } });
	}

	usage(usage: Usage, cost: Cost): void {
		this.#parts.writer.add({ type: 'usage', data: { usage, cost } }, { usage, cost });
	}

	async artifact(file: { name: string; mediaType: string; bytes: Uint8Array | string }): Promise<void> {
		const stored = await this.#parts.blobs.put(this.jobId, file, this.signal);
		this.#parts.writer.add({ type: 'artifact', data: stored });
	}

	defer(what: string, cleanup: () => void | Promise<void>): void {
		this.#parts.cleanups.add(what, cleanup);
	}

	async ask<T extends z.ZodType>(questionId: string, prompt: string, schema: T): Promise<z.output<T>> {
		await this.#parts.writer.flush();
		const asked = await this.#findQuestion(questionId);
		if (asked.answer !== undefined) return schema.parse(asked.answer) as z.output<T>;
		if (!asked.asked) this.emit('question', { questionId, prompt, schema: schema.toJSONSchema() });
		this.#parts.meter.wait(true);
		try {
			return schema.parse(await this.#awaitAnswer(questionId, asked.seq)) as z.output<T>;
		} finally {
			this.#parts.meter.wait(false);
		}
	}

	async #findQuestion(questionId: string) {
		const found = { asked: false, answer: undefined as unknown, seq: 0 };
		for (;;) {
			const page = await this.#parts.events.read(this.jobId, found.seq);
			const last = page.at(-1);
			if (!last) return found;
			found.seq = last.seq ?? found.seq;
			for (const event of page) {
				if (isAbout(event, 'question', questionId)) found.asked = true;
				if (isAbout(event, 'answer', questionId)) found.answer = (event.data as { value: unknown }).value;
			}
		}
	}

	async #awaitAnswer(questionId: string, after: number): Promise<unknown> {
		for await (const batch of this.#parts.events.follow(this.jobId, after, this.signal)) {
			const answer = batch.find((event) => isAbout(event, 'answer', questionId));
			if (answer) return (answer.data as { value: unknown }).value;
		}
		throw this.signal.reason;
	}

	#checked(type: string, data: unknown): { type: string; data: unknown } {
		const event = parseEvent({ type, data }, this.#parts.model.events);
		if (!event)
			throw new HeadwayError('internal', `The operation ${this.#parts.model.id} sent a broken ${type} event.`);
		return event;
	}
}

function isAbout(event: JobEvent, type: string, questionId: string): boolean {
	return event.type === type && (event.data as { questionId?: unknown }).questionId === questionId;
}
