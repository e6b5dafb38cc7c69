import type { Live } from '$lib/server/live/live.ts';
import type { Watch } from '$lib/server/live/watch.ts';
import type { Outlet, PushedStream, Wire } from '$lib/server/live/outlet.ts';
import type { WatchedFrame } from '../http/watching.ts';

/** A reader of a pushed stream whose connection a test blocks and frees; it notes whatever a server must not do. */
export class PushedReader implements Outlet {
	readonly wire: Wire;
	readonly frames: (WatchedFrame & { id: string })[] = [];
	/** How the stream was said to be over. */
	readonly ends: string[] = [];
	readonly wrongs: string[] = [];
	readonly watch: Watch;
	pings = 0;
	left = false;
	#stream: PushedStream | null = null;
	#blocked = false;
	#full = false;

	private constructor(watch: Watch, wire: Wire) {
		this.watch = watch;
		this.wire = wire;
	}

	/** Opened, and not started yet. Readers of one wire may be sent the very same bytes; it is the typed door's, without chunks. */
	static async open(live: Live, watch: Watch, wire: Wire): Promise<PushedReader> {
		const reader = new PushedReader(watch, wire);
		reader.#stream = await live.push(watch);
		return reader;
	}

	start(): void {
		this.#stream?.start(this);
	}

	/** It takes what is sent, but says from now on that it takes no more. */
	block(): void {
		this.#blocked = true;
	}

	free(): void {
		this.#blocked = false;
		if (!this.#full) return;
		this.#full = false;
		this.#stream?.resume();
	}

	/** Hangs up; again, when it has already. */
	leave(): void {
		this.left = true;
		this.#stream?.leave();
		this.#stream?.leave();
	}

	send(bytes: Buffer): boolean {
		if (this.left) this.wrongs.push('sent to one who had left');
		if (this.ends.length > 0) this.wrongs.push('sent after the end');
		if (this.#full) this.wrongs.push('sent to one who takes no more');
		this.#take(bytes.toString());
		this.#full = this.#blocked;
		return !this.#blocked;
	}

	over(how: string): void {
		if (this.left) this.wrongs.push(`told that it is over (${how}) after it had left`);
		this.ends.push(how);
	}

	#take(text: string): void {
		if (text === 'event: ping\ndata: \n\n\n') return void (this.pings += 1);
		const [, json, id] = /^data: ([^\n]*)\nid: ([^\n]*)\n\n\n$/.exec(text) ?? [];
		if (json === undefined || id === undefined) return void this.wrongs.push(`no frame: ${text.slice(0, 200)}`);
		this.frames.push({ ...(JSON.parse(json) as WatchedFrame), id });
	}
}
