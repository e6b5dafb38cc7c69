import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of live streams: they pass, are held back without an answer, go mute after what they have sent, or are refused. */
export type StreamFate = 'pass' | 'hold' | 'mute' | 'refuse';

/** A middlebox that lets every request through but has its own way with live streams. */
export class StreamProxy {
	fate: StreamFate = 'pass';
	/** How many live streams were asked for. */
	streams = 0;
	/** How often the page asked instead. */
	polls = 0;
	readonly #target: string;
	readonly #server: Server;

	constructor(target: string) {
		this.#target = target;
		this.#server = createServer((from, to) => this.#serve(from, to));
	}

	static async start(target: string): Promise<StreamProxy> {
		const proxy = new StreamProxy(target);
		await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
		return proxy;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** Breaks everything that is open. */
	cutAll(): void {
		this.#server.closeAllConnections();
	}

	close(): void {
		this.#server.close();
		this.cutAll();
	}

	#serve(from: IncomingMessage, to: ServerResponse): void {
		const url = from.url ?? '/';
		const isStream = url.includes('/live.watch');
		if (isStream) this.streams += 1;
		if (url.includes('/live.poll')) this.polls += 1;
		if (isStream && this.fate === 'hold') return;
		if (isStream && this.fate === 'refuse') return void to.writeHead(502).end('<h1>Bad gateway</h1>');
		const headers = { ...from.headers, host: new URL(this.#target).host };
		if (headers.origin) headers.origin = this.#target;
		const onward = request(`${this.#target}${url}`, { method: from.method, headers }, (answer) => {
			to.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.on('data', (bytes: Buffer) => {
				if (!isStream || this.fate !== 'mute') to.write(bytes);
			});
			answer.on('end', () => to.end());
		});
		onward.on('error', () => to.destroy());
		to.on('close', () => onward.destroy());
		from.pipe(onward);
	}
}
