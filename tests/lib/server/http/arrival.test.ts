import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { Arrival, type ProxySettings } from '$lib/server/http/arrival.ts';

function arrival(headers: Record<string, string | string[]>, settings: ProxySettings = {}): Arrival {
	return new Arrival({ headers, socket: { remoteAddress: '10.0.0.7' } } as unknown as IncomingMessage, settings);
}

const proxied = {
	PROTOCOL_HEADER: 'X-Forwarded-Proto',
	HOST_HEADER: 'x-forwarded-host',
	PORT_HEADER: 'x-forwarded-port'
};

test('TS-24 the origin of a request is told by the proxy where one is named, else by the socket', () => {
	const headers = { host: 'inside:3000', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'headway.example' };
	expect(arrival(headers).origin).toBe('http://inside:3000');
	expect(arrival(headers, proxied).origin).toBe('https://headway.example');
	expect(arrival({ ...headers, 'x-forwarded-port': '8443' }, proxied).origin).toBe('https://headway.example:8443');
	expect(arrival(headers, { ...proxied, ORIGIN: 'https://named.example' }).origin).toBe('https://named.example');
});

test('TS-24 a request whose origin cannot be told is left to the handler that refuses it', () => {
	expect(() => arrival({}).origin).toThrow(TypeError);
	expect(() => arrival({ host: 'a', 'x-forwarded-proto': 'https://evil' }, proxied).origin).toThrow(TypeError);
	expect(() => arrival({ host: 'a', 'x-forwarded-port': 'x' }, proxied).origin).toThrow(TypeError);
});

test('TS-24 the address of a client is the one that the proxy which is trusted tells', () => {
	const headers = { 'x-forwarded-for': '1.1.1.1, 2.2.2.2 , 3.3.3.3', 'x-real-ip': '4.4.4.4' };
	const ADDRESS_HEADER = 'X-Forwarded-For';
	expect(arrival(headers).address).toBe('10.0.0.7');
	expect(arrival(headers, { ADDRESS_HEADER: 'x-real-ip' }).address).toBe('4.4.4.4');
	expect(arrival(headers, { ADDRESS_HEADER }).address).toBe('3.3.3.3');
	expect(arrival(headers, { ADDRESS_HEADER, XFF_DEPTH: '2' }).address).toBe('2.2.2.2');
	expect(() => arrival(headers, { ADDRESS_HEADER, XFF_DEPTH: '4' }).address).toThrow(TypeError);
	expect(() => arrival({}, { ADDRESS_HEADER }).address).toThrow(TypeError);
});

test.each(['0', '-1', 'two'])(
	'TS-24 with XFF_DEPTH=%s nobody is told apart by the address that a client itself claims',
	(XFF_DEPTH) => {
		const headers = { 'x-forwarded-for': '1.1.1.1, 2.2.2.2' };
		expect(() => arrival(headers, { ADDRESS_HEADER: 'x-forwarded-for', XFF_DEPTH }).address).toThrow(TypeError);
	}
);
