import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What to do with a connection: after how many bytes of the answers it breaks. */
export interface Cuts {
	/** Asked for each connection; Infinity leaves it whole. */
	bytes?(connection: number): number;
	/** Makes reconnects quick: each `retry:` hint is replaced by 1 ms, without changing its length. */
	hasten?: boolean;
}

/** A TCP proxy that breaks connections in the middle of an answer, and can be pointed to another server. */
export class CuttingProxy {
	/** How many connections came. */
	connections = 0;
	/** How many of them were broken by the proxy. */
	cuts = 0;
	readonly #server: Server;
	readonly #cuts: Cuts;
	readonly #sockets = new Set<Socket>();
	#target: number;

	constructor(target: string, cuts: Cuts) {
		this.#target = Number(new URL(target).port);
		this.#cuts = cuts;
		this.#server = createServer((client) => this.#serve(client));
	}

	static async start(target: string, cuts: Cuts = {}): Promise<CuttingProxy> {
		const proxy = new CuttingProxy(target, cuts);
		await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
		onTestFinished(() => proxy.close());
		return proxy;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** Sends later connections to another server. */
	pointTo(target: string): void {
		this.#target = Number(new URL(target).port);
	}

	/** Breaks every connection that is open. */
	cutAll(): void {
		for (const socket of this.#sockets) socket.destroy();
	}

	close(): void {
		this.cutAll();
		this.#server.close();
	}

	#serve(client: Socket): void {
		this.connections += 1;
		let left = this.#cuts.bytes?.(this.connections) ?? Infinity;
		const server = connect(this.#target, '127.0.0.1');
		const end = () => [client, server].forEach((socket) => socket.destroy());
		for (const socket of [client, server]) this.#sockets.add(socket.on('error', end).on('close', end));
		client.on('close', () => this.#sockets.delete(client));
		server.on('close', () => this.#sockets.delete(server));
		client.on('data', (bytes) => server.write(bytes));
		server.on('data', (bytes: Buffer) => {
			const passed = this.#hasten(bytes).subarray(0, left);
			left -= passed.length;
			client.write(passed, left > 0 ? undefined : end);
			if (left === 0) this.cuts += 1;
		});
	}

	#hasten(bytes: Buffer): Buffer {
		if (!this.#cuts.hasten) return bytes;
		const text = bytes
			.toString('latin1')
			.replace(/retry: (\d+)/g, (_, digits: string) => `retry: ${'1'.padStart(digits.length, '0')}`);
		return Buffer.from(text, 'latin1');
	}
}
