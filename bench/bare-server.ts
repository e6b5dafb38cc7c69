/** The baseline: the least that a Node server can do to send a log as SSE. An array, no storage, no checks, no fencing. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { publish } from './note.ts';
import { offer } from './server.ts';

interface Channel {
	log: string[];
	readers: Set<ServerResponse>;
}
const channels = new Map<string, Channel>();

const server = createServer((req, res) => {
	const channel = channels.get(req.url?.slice(1) ?? '');
	if (!channel) return void res.writeHead(404).end();
	res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' });
	res.write(`retry: 3000\n\n${channel.log.join('')}`);
	channel.readers.add(res);
	res.on('close', () => channel.readers.delete(res));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
let opened = 0;

offer({
	async open() {
		const channel = `channel-${++opened}`;
		channels.set(channel, { log: [], readers: new Set() });
		return { channel, url: `${origin}/${channel}` };
	},
	async publish({ channel, ...options }) {
		const { log, readers } = channels.get(channel) ?? { log: [], readers: new Set<ServerResponse>() };
		await publish(options, (data) => {
			const seq = log.length + 1;
			const envelope = JSON.stringify({ jobId: channel, seq, at: Date.now(), type: 'note', data });
			const event = `event: note\nid: ${seq}\ndata: ${envelope}\n\n`;
			log.push(event);
			for (const res of readers) res.write(event);
		});
	},
	async close(channel) {
		for (const res of channels.get(channel)?.readers ?? []) res.end();
		channels.delete(channel);
	}
});
