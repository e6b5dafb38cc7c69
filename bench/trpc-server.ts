/** A peer: a tRPC subscription as the documentation shows it, `tracked` events of an EventEmitter behind the standalone adapter. */
import { EventEmitter, on } from 'node:events';
import { createServer } from 'node:http';
import { initTRPC, tracked } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { z } from 'zod';
import { listen } from './listen.ts';
import type { Note } from './note.ts';
import { offer } from './server.ts';

const logs = new Map<string, Note[]>();
const emitter = new EventEmitter().setMaxListeners(0);
const { router, procedure } = initTRPC.create();
const input = z.object({ channel: z.string(), lastEventId: z.string().nullish() });

const appRouter = router({
	notes: procedure.input(input).subscription(async function* ({ input: { channel, lastEventId }, signal }) {
		// The listener comes before the log is read, as the documentation has it: nothing falls between.
		const coming = on(emitter, channel, signal ? { signal } : {});
		let last = Number(lastEventId ?? 0);
		for (const data of (logs.get(channel) ?? []).slice(last)) yield tracked(String((last = data.n)), data);
		for await (const [data] of coming as AsyncIterable<[Note]>) {
			if (data.n > last) yield tracked(String(data.n), data);
		}
	})
});
const origin = await listen(createServer(createHTTPHandler({ router: appRouter })));
let opened = 0;

offer({
	async open() {
		const channel = `channel-${++opened}`;
		logs.set(channel, []);
		return { channel, url: `${origin}/notes?input=${encodeURIComponent(JSON.stringify({ channel }))}` };
	},
	emitter(channel) {
		return (data) => {
			logs.get(channel)?.push(data);
			emitter.emit(channel, data);
		};
	},
	async close(channel) {
		logs.delete(channel);
	}
});
