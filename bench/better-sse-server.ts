/** A peer: better-sse as its guide shows it, a channel that broadcasts to its sessions. The log is an array. */
import { createServer } from 'node:http';
import { createChannel, createSession } from 'better-sse';
import type { Channel } from 'better-sse';
import { channelOf, listen } from './listen.ts';
import type { Note } from './note.ts';
import { offer } from './server.ts';

interface Logged {
	channel: Channel;
	log: Note[];
}
const channels = new Map<string, Logged>();

const server = createServer((req, res) => {
	const found = channels.get(channelOf(req.url));
	if (!found) return void res.writeHead(404).end();
	void createSession(req, res).then((session) => {
		found.log.forEach((data, index) => session.push(data, 'note', String(index + 1)));
		found.channel.register(session);
	});
});
const origin = await listen(server);
let opened = 0;

offer({
	async open() {
		const channel = `channel-${++opened}`;
		channels.set(channel, { channel: createChannel(), log: [] });
		return { channel, url: `${origin}/${channel}` };
	},
	emitter(name) {
		const found = channels.get(name);
		return (data) => {
			if (!found) return;
			const eventId = String(found.log.push(data));
			found.channel.broadcast(data, 'note', { eventId });
		};
	},
	async close(name) {
		channels.delete(name);
	}
});
