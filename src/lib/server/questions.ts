import type { z } from 'zod';
import type { JobEvent } from '../jobs/event.ts';
import type { Clock } from './clock.ts';
import type { EventLog } from './event-log.ts';
import type { EventWriter } from './event-writer.ts';
import type { ProgressMeter } from './progress-meter.ts';
import type { Slot } from './slot.ts';

/** What asking needs of the run. */
export interface QuestionParts {
	jobId: string;
	signal: AbortSignal;
	events: EventLog;
	writer: EventWriter;
	meter: ProgressMeter;
	slot: Slot;
	clock: Clock;
	tick(): void;
}

interface Standing {
	/** When it was asked; null when it was not, or was answered. */
	askedAt: number | null;
	answer: { value: unknown } | null;
	/** Where the log was read to. */
	seq: number;
}

/** A run's questions to the person. Question and answer are events: both outlive the process. */
export class Questions {
	readonly #parts: QuestionParts;

	constructor(parts: QuestionParts) {
		this.#parts = parts;
	}

	/** Resolves with the answer, given now or before this process. One that does not fit is said to be so, and asked again. */
	async ask<T extends z.ZodType>(questionId: string, prompt: string, schema: T): Promise<z.output<T>> {
		const { writer } = this.#parts;
		await writer.flush();
		const data = { questionId, prompt, schema: schema.toJSONSchema() };
		for (let standing = await this.#standing(questionId); ; standing = await this.#standing(questionId)) {
			const parsed = standing.answer ? schema.safeParse(standing.answer.value) : null;
			if (parsed?.success) return parsed.data as z.output<T>;
			if (parsed) {
				const message = 'That answer could not be used. Please answer again.';
				writer.add({ type: 'notice', data: { level: 'warning', code: 'answer_refused', message } });
			}
			if (standing.askedAt === null) writer.add({ type: 'question', data });
			await writer.flush();
			await this.#wait(questionId, standing);
		}
	}

	/** Holds no slot, and the clock of the run stands still. */
	async #wait(questionId: string, { askedAt, seq }: Standing): Promise<void> {
		const { meter, slot, clock, tick } = this.#parts;
		meter.wait(askedAt ?? clock.now());
		tick();
		try {
			await slot.without('person', () => this.#answered(questionId, seq));
		} finally {
			meter.resume(clock.now());
		}
	}

	async #standing(questionId: string): Promise<Standing> {
		const standing: Standing = { askedAt: null, answer: null, seq: 0 };
		for (;;) {
			const page = await this.#parts.events.read(this.#parts.jobId, standing.seq);
			for (const event of page) {
				standing.seq = event.seq ?? standing.seq;
				if (isAbout(event, 'question', questionId)) Object.assign(standing, { askedAt: event.at, answer: null });
				if (isAbout(event, 'answer', questionId)) Object.assign(standing, { askedAt: null, answer: event.data });
			}
			if (page.length === 0) return standing;
		}
	}

	async #answered(questionId: string, after: number): Promise<void> {
		const { events, jobId, signal } = this.#parts;
		for await (const batch of events.follow(jobId, after, signal))
			if (batch.some((event) => isAbout(event, 'answer', questionId))) return;
		throw signal.reason;
	}
}

function isAbout(event: JobEvent, type: string, questionId: string): boolean {
	return event.type === type && (event.data as { questionId?: unknown }).questionId === questionId;
}
