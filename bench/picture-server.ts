/** A provider of pictures for `memory.ts`: three previews of about 0.5 MB and a picture of 2 MB for each request, as a stream. */
import { randomFillSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32, deflateSync } from 'node:zlib';
import { answerCalls } from './process.ts';

/** Noise does not compress: a square of this many pixels is this many bytes, times three. */
const finalSide = 830;
const previewSide = 416;
const pauseMs = 40;

function chunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
	const frame = Buffer.alloc(8);
	frame.writeUInt32BE(data.length, 0);
	frame.writeUInt32BE(crc32(body), 4);
	return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** A PNG of noise that a browser decodes. */
function noise(side: number): Buffer {
	const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
	header.writeUInt32BE(side, 0);
	header.writeUInt32BE(side, 4);
	const rows = randomFillSync(Buffer.alloc(side * (side * 3 + 1)));
	for (let row = 0; row < side; row += 1) rows[row * (side * 3 + 1)] = 0;
	const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	const data = deflateSync(rows, { level: 1 });
	return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

const server = createServer(async (request, response) => {
	request.resume();
	response.writeHead(200, { 'content-type': 'text/event-stream' });
	const send = (event: Record<string, unknown>) =>
		response.write(`event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`);
	for (let index = 0; index < 3; index += 1) {
		await new Promise((resolve) => setTimeout(resolve, pauseMs));
		const b64_json = noise(previewSide).toString('base64');
		send({ type: 'image_generation.partial_image', b64_json, partial_image_index: index, output_format: 'png' });
	}
	await new Promise((resolve) => setTimeout(resolve, pauseMs));
	const usage = { input_tokens: 10, output_tokens: 400, total_tokens: 410 };
	send({
		type: 'image_generation.completed',
		b64_json: noise(finalSide).toString('base64'),
		output_format: 'png',
		usage
	});
	response.end();
});
server.listen(0, '127.0.0.1');

answerCalls({
	address: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
});
