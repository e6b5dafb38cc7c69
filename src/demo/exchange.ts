import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { Fault, FaultDeck, Operation, Struck } from './faults.ts';
import type { LedgerEntry } from './ledger.ts';
import { refusalOf } from './refusals.ts';
import { commonHeaders, sendHtml, sendJson, WireError } from './wire.ts';

/** Thrown when a fault has already answered the request. */
export class Answered extends Error {}

/** One API request and its answer. */
export class Exchange {
	readonly req: IncomingMessage;
	readonly res: ServerResponse;
	readonly url: URL;
	readonly entry: LedgerEntry;
	/** Aborted with Answered when the client has gone, and when it has its answer. */
	readonly gone: AbortSignal;
	readonly #startedAt = performance.now();
	readonly #requestId = `req_${randomBytes(16).toString('hex')}`;

	constructor(req: IncomingMessage, res: ServerResponse, url: URL, entry: LedgerEntry) {
		this.req = req;
		this.res = res;
		this.url = url;
		this.entry = entry;
		const gone = new AbortController();
		res.on('close', () => gone.abort(new Answered()));
		this.gone = gone.signal;
	}

	/** Sets the headers that every answer has; its processing time is that until now. */
	prepareHeaders(): void {
		for (const [name, value] of Object.entries(commonHeaders(this.#requestId, this.#startedAt)))
			this.res.setHeader(name, value);
	}

	/** Notes which response this request is about. */
	about(id: string, metadata: Record<string, string>): void {
		this.entry.responseId = id;
		if (metadata.job_id !== undefined) this.entry.jobId = metadata.job_id;
	}

	/** Lets the armed faults strike; those that delay or refuse do so here. Throws Answered or a WireError. */
	async strike(deck: FaultDeck, operations: Operation[], input: string): Promise<Struck> {
		const header = this.req.headers['x-demo-fault'];
		const struck = deck.strike(operations, input, Array.isArray(header) ? header.join(',') : header);
		const names = Object.values(struck).map(({ name }) => name);
		if (names.length > 0) this.entry.fault = names.join(',');
		if (struck.delay) await setTimeout(struck.delay.ms ?? 5_000);
		if (struck.refuse) this.#refuse(struck.refuse);
		return struck;
	}

	json(status: number, body: unknown): void {
		this.prepareHeaders();
		sendJson(this.res, status, body);
	}

	fail(error: WireError): void {
		this.prepareHeaders();
		sendJson(this.res, error.status, error.body, error.headers);
	}

	#refuse(fault: Fault): never {
		const refusal = refusalOf(fault);
		if (refusal instanceof WireError) throw refusal;
		sendHtml(this.res, refusal.status, refusal.html);
		throw new Answered();
	}
}
