import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from './clock.ts';
import type { FaultDeck } from './faults.ts';
import type { Ledger } from './ledger.ts';
import { objectAt } from './stored-response.ts';
import type { Work } from './work.ts';
import { readJson, sendJson, WireError } from './wire.ts';

/** What outlives a restart: the orders of whoever breaks things, and what they saw. */
export interface Panel {
	deck: FaultDeck;
	ledger: Ledger;
	clock: Clock;
	/** Cuts every connection and serves again after so many milliseconds. */
	restart(downMs: number): Promise<void>;
}

const LONGEST_DOWN_MS = 600_000;

// More would only slow the answer down: every one is read from its file.
const LISTED = 100;

/** The endpoint /control: what the demo has seen, how fast it goes, and what is to break. */
export class Control {
	readonly #panel: Panel;
	readonly #deck: FaultDeck;
	readonly #ledger: Ledger;
	readonly #work: Work;
	readonly #clock: Clock;

	constructor(panel: Panel, work: Work) {
		this.#panel = panel;
		this.#deck = panel.deck;
		this.#ledger = panel.ledger;
		this.#work = work;
		this.#clock = panel.clock;
	}

	/** Answers a request. Throws a WireError. */
	async handle(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
		requireLocal(req);
		const route = `${req.method} ${path}`;
		if (route === 'POST /control') this.#change(await readJson(req));
		else if (route === 'POST /control/restart') this.#restart(res, await readJson(req));
		else if (route === 'DELETE /control/faults') this.#deck.clear();
		else if (route === 'DELETE /control/ledger') this.#ledger.clear();
		else if (route !== 'GET /control') throw new WireError(404, `Invalid URL (${route})`);
		sendJson(res, 200, this.#state());
	}

	#change({ pace, faults }: Record<string, unknown>): void {
		const fast = typeof pace === 'number' && Number.isFinite(pace) && pace > 0;
		if (pace !== undefined && !fast) throw new WireError(400, "'pace' must be a positive number.");
		if (faults !== undefined) this.#deck.arm(faults);
		if (fast) this.#clock.pace = pace;
	}

	/** Once it has answered. */
	#restart(res: ServerResponse, { downMs = 1_000 }: Record<string, unknown>): void {
		if (typeof downMs !== 'number' || !(downMs >= 0 && downMs <= LONGEST_DOWN_MS))
			throw new WireError(400, "'downMs' must be a number of milliseconds, at most 600000.");
		res.once('close', () => void this.#panel.restart(downMs));
		res.once('finish', () => res.socket?.end());
	}

	#state() {
		const responses = this.#work.kept.newest(LISTED).map((response) => {
			const { status, usage } = objectAt(response, this.#clock.now());
			return {
				id: response.id,
				status,
				jobId: response.request.metadata.job_id ?? null,
				createdAt: response.createdAt,
				usage
			};
		});
		return {
			pace: this.#clock.pace,
			faults: this.#deck.armed(),
			ledger: this.#ledger.entries(),
			responses,
			drawing: this.#work.studio.drawing
		};
	}
}

/** A web page elsewhere can point its own name at this machine; only a local name may give orders. */
function requireLocal(req: IncomingMessage): void {
	const host = (req.headers.host ?? '').replace(/:\d+$/, '');
	const local = ['127.0.0.1', 'localhost', '[::1]'];
	const origin = req.headers.origin;
	const fromElsewhere = origin !== undefined && !local.includes(originHost(origin));
	if (!local.includes(host) || fromElsewhere)
		throw new WireError(403, 'The control endpoint answers this machine only.');
}

function originHost(origin: string): string {
	return URL.canParse(origin) ? new URL(origin).hostname : '';
}
