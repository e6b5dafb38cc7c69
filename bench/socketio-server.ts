/** A peer: socket.io over WebSocket, a room for each channel. The log is an array. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { listen } from './listen.ts';
import type { Note } from './note.ts';
import { offer } from './server.ts';

const logs = new Map<string, Note[]>();
const server = createServer();
const io = new Server(server, { transports: ['websocket'], serveClient: false });
io.on('connection', (socket) => {
	const channel = String(socket.handshake.query['channel']);
	for (const data of logs.get(channel) ?? []) socket.emit('note', data);
	void socket.join(channel);
});
const origin = await listen(server);
let opened = 0;

offer({
	async open() {
		const channel = `channel-${++opened}`;
		logs.set(channel, []);
		const query = `EIO=4&transport=websocket&channel=${channel}`;
		return { channel, url: `${origin.replace('http', 'ws')}/socket.io/?${query}` };
	},
	emitter(channel) {
		return (data) => {
			logs.get(channel)?.push(data);
			io.to(channel).emit('note', data);
		};
	},
	async close(channel) {
		io.in(channel).disconnectSockets(true);
		logs.delete(channel);
	}
});
