/**
 * The baseline: the least that a Node server does to send a log as SSE. The log is an array of frames that were encoded
 * once; each reader gets each frame by one `res.write`. No storage, no checks, no bound on what a slow reader holds.
 */
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { channelOf, listen } from './listen.ts';
import { offer } from './server.ts';

interface Channel {
	log: string[];
	readers: Set<ServerResponse>;
}
const channels = new Map<string, Channel>();

const server = createServer((req, res) => {
	const channel = channels.get(channelOf(req.url));
	if (!channel) return void res.writeHead(404).end();
	res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' });
	res.write(`retry: 3000\n\n${channel.log.join('')}`);
	channel.readers.add(res);
	res.on('close', () => channel.readers.delete(res));
});
const origin = await listen(server);
let opened = 0;

offer({
	async open() {
		const channel = `channel-${++opened}`;
		channels.set(channel, { log: [], readers: new Set() });
		return { channel, url: `${origin}/${channel}` };
	},
	emitter(channel) {
		const { log, readers } = channels.get(channel) ?? { log: [], readers: new Set<ServerResponse>() };
		return (data) => {
			const seq = log.length + 1;
			const envelope = JSON.stringify({ jobId: channel, seq, at: Date.now(), type: 'note', data });
			const frame = `event: note\nid: ${seq}\ndata: ${envelope}\n\n`;
			log.push(frame);
			for (const res of readers) res.write(frame);
		};
	},
	async close(channel) {
		for (const res of channels.get(channel)?.readers ?? []) res.end();
		channels.delete(channel);
	}
});
