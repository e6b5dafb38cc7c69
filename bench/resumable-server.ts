/** A peer: resumable-stream on Redis (REDIS_URL), a stream of SSE text for each channel, which each reader resumes from its begin. */
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { createResumableStreamContext } from 'resumable-stream';
import { channelOf, listen } from './listen.ts';
import { offer } from './server.ts';

const streams = createResumableStreamContext({ waitUntil: (done) => void done });
const writers = new Map<string, ReadableStreamDefaultController<string>>();

const server = createServer((req, res) => {
	res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' });
	res.write('retry: 3000\n\n');
	void streams.resumeExistingStream(channelOf(req.url)).then((stream) => {
		if (!stream) return void res.end();
		const notes = Readable.fromWeb(stream as NodeReadableStream<string>);
		res.once('close', () => notes.destroy());
		notes.on('error', () => res.destroy()).pipe(res);
	});
});
const origin = await listen(server);
let opened = 0;

/** The first reader, whose request made the stream: it takes all and shows none. */
async function drain(stream: ReadableStream<string> | null | undefined): Promise<void> {
	for await (const _text of stream ?? []);
}

offer({
	async open() {
		const channel = `channel-${process.pid}-${++opened}`;
		const make = () => new ReadableStream<string>({ start: (controller) => void writers.set(channel, controller) });
		void drain(await streams.createNewResumableStream(channel, make)).catch(() => undefined);
		return { channel, url: `${origin}/${channel}` };
	},
	emitter(channel) {
		const writer = writers.get(channel);
		return (data) => writer?.enqueue(`event: note\nid: ${data.n}\ndata: ${JSON.stringify(data)}\n\n`);
	},
	async close(channel) {
		writers.get(channel)?.close();
		writers.delete(channel);
	}
});
