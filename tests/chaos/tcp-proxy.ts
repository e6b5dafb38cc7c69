import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { moment } from './seed.ts';

/** What a connection goes through: all passes; nothing passes and nobody is told; it is broken as soon as it comes. */
export type Weather = 'clear' | 'blackhole' | 'refuse';

/** How an open connection is broken: by a reset, by an orderly end, or by an end of the answers only. */
export type Break = 'reset' | 'end' | 'half';

interface Pipe {
	client: Socket;
	server: Socket;
	/** Nothing of it passes any more, in either direction. */
	mute: boolean;
	/** What is on its way back, each piece behind the one before it. */
	answers: Promise<void>;
}

/** A proxy at the level of bytes, between any client and any server on the loopback: it knows nothing of HTTP. */
export class TcpProxy {
	/** Of connections that come from now on. */
	weather: Weather = 'clear';
	/** Milliseconds by which the bytes of the answers are late. */
	delayMs = 0;
	/** How many connections came. */
	connections = 0;
	/** Each thing done to a connection, in order. */
	readonly deeds: string[] = [];
	readonly #server: Server;
	readonly #pipes = new Set<Pipe>();
	readonly #target: number;
	/** How many bytes of answers pass until the connection breaks; Infinity for never. */
	#bytes = Infinity;
	#how: Break = 'reset';

	private constructor(target: string) {
		this.#target = Number(new URL(target).port);
		this.#server = createServer({ allowHalfOpen: true }, (client) => this.#serve(client));
	}

	/** A proxy in front of the server at this address; closed when the test ends. */
	static async start(target: string): Promise<TcpProxy> {
		const proxy = new TcpProxy(target);
		await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
		onTestFinished(() => proxy.close());
		return proxy;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** How many connections are open. */
	get open(): number {
		return this.#pipes.size;
	}

	/** Breaks every open connection, or those that `which` picks. */
	break(how: Break, which: () => boolean = () => true): number {
		const struck = [...this.#pipes].filter(which);
		for (const pipe of struck) this.#break(pipe, how);
		this.deeds.push(`${how} ${struck.length}`);
		return struck.length;
	}

	/** Lets nothing more pass on the open connections, and leaves them open. */
	silence(which: () => boolean = () => true): number {
		const struck = [...this.#pipes].filter(which);
		for (const pipe of struck) pipe.mute = true;
		this.deeds.push(`silence ${struck.length}`);
		return struck.length;
	}

	/** Breaks the next connections that come, each after so many bytes of answers; Infinity ends that. */
	breakAfter(bytes: number, how: Break = 'reset'): void {
		this.#bytes = bytes;
		this.#how = how;
	}

	close(): void {
		for (const { client, server } of this.#pipes) [client, server].forEach((socket) => socket.destroy());
		this.#server.close();
	}

	#serve(client: Socket): void {
		this.connections += 1;
		client.on('error', () => client.destroy());
		if (this.weather === 'refuse') return void client.resetAndDestroy();
		const server = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true });
		const pipe: Pipe = { client, server, mute: this.weather === 'blackhole', answers: Promise.resolve() };
		this.#pipes.add(pipe);
		client.on('data', (bytes) => pipe.mute || server.write(bytes));
		client.on('end', () => pipe.mute || server.end());
		server.on('end', () => this.#later(pipe, () => client.end()));
		server.on('error', () => pipe.mute || client.resetAndDestroy());
		// In a blackhole nobody learns that the other side has gone.
		server.on('close', () => this.#later(pipe, () => client.destroy()));
		client.on('close', () => {
			this.#pipes.delete(pipe);
			server.destroy();
		});
		this.#answers(pipe);
	}

	#answers(pipe: Pipe): void {
		let left = this.#bytes;
		const how = this.#how;
		pipe.server.on('data', (bytes: Buffer) => {
			if (pipe.mute) return;
			const passed = bytes.subarray(0, left);
			left -= passed.length;
			this.#later(pipe, () => {
				if (pipe.client.destroyed || pipe.client.writableEnded) return;
				// A reset throws away what was not sent yet: what should arrive is given to the kernel first.
				pipe.client.write(passed, () => left === 0 && this.#break(pipe, how));
			});
		});
	}

	/** Does it once the delay is over and all that came before has passed; never, when the pipe is mute by then. */
	#later(pipe: Pipe, act: () => void): void {
		const due = Date.now() + this.delayMs;
		pipe.answers = pipe.answers.then(async () => {
			if (due > Date.now()) await moment(due - Date.now());
			if (!pipe.mute) act();
		});
	}

	#break({ client, server }: Pipe, how: Break): void {
		if (how === 'half') return void client.end();
		if (how === 'end') client.end(() => client.destroy());
		else client.resetAndDestroy();
		if (how === 'end') server.end();
		else server.resetAndDestroy();
	}
}
