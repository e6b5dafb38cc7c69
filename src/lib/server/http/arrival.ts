import type { IncomingMessage } from 'node:http';

/** Which headers an operator's proxy sets, by the names that adapter-node reads them under; an `ORIGIN` wins over them. Without a PROTOCOL_HEADER the scheme is the socket's. */
export type ProxySettings = Readonly<Record<string, string | undefined>>;

/** How a request came, as the handler of adapter-node tells it for all other addresses: its origin, and from where. */
export class Arrival {
	readonly #req: IncomingMessage;
	readonly #settings: ProxySettings;

	constructor(req: IncomingMessage, settings: ProxySettings) {
		this.#req = req;
		this.#settings = settings;
	}

	/** E.g. `https://headway.example`. Throws for what the handler answers with 400. */
	get origin(): string {
		const { ORIGIN, HOST_HEADER, PORT_HEADER, PROTOCOL_HEADER } = this.#settings;
		if (ORIGIN) return new URL(ORIGIN).origin;
		const protocol = PROTOCOL_HEADER ? decodeURIComponent(this.#header(PROTOCOL_HEADER) || 'https') : this.#scheme;
		const host = this.#header(HOST_HEADER) || this.#header('host');
		const port = this.#header(PORT_HEADER);
		if (protocol.includes(':') || !host || (port && Number.isNaN(Number(port))))
			throw new TypeError('The origin of this request cannot be told.');
		return port ? `${protocol}://${host}:${port}` : `${protocol}://${host}`;
	}

	/** The client's, by the header that the operator names. Throws when that one did not come. */
	get address(): string {
		const { ADDRESS_HEADER, XFF_DEPTH = '1' } = this.#settings;
		if (!ADDRESS_HEADER) return this.#req.socket.remoteAddress ?? '';
		const told = this.#header(ADDRESS_HEADER);
		if (told === undefined) throw new TypeError(`The header ${ADDRESS_HEADER} is missing.`);
		if (ADDRESS_HEADER.toLowerCase() !== 'x-forwarded-for') return told;
		const depth = parseInt(XFF_DEPTH);
		// Anything but a number of proxies must not lead to the first address, which is whatever the client claims.
		const hop = depth >= 1 ? told.split(',').at(-depth) : undefined;
		if (hop === undefined) throw new TypeError(`The header ${ADDRESS_HEADER} has no address at depth ${XFF_DEPTH}.`);
		return hop.trim();
	}

	get #scheme(): string {
		return 'encrypted' in this.#req.socket ? 'https' : 'http';
	}

	#header(name: string | undefined): string | undefined {
		const value = name ? this.#req.headers[name.toLowerCase()] : undefined;
		if (Array.isArray(value)) throw new TypeError(`The header ${name} came more than once.`);
		return value;
	}
}
