import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectNoAxeViolations, nonLoopbackAddress, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { startServer } from './support/server.ts';

const sound = '<!doctype html><html lang="en"><title>Sound</title><main><h1>Sound</h1></main></html>';
const flawed =
	'<!doctype html><html lang="en"><title>Flawed</title><main><h1>Flawed</h1><img src="data:,"></main></html>';

describe('the browser of the tests', () => {
	let browser: TestBrowser;
	const server = createServer((req, res) => {
		res.setHeader('content-type', 'text/html');
		res.end(req.url === '/flawed' ? flawed : sound);
	});
	let baseURL = '';

	beforeAll(async () => {
		server.listen(0, '0.0.0.0');
		await once(server, 'listening');
		baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		browser = await openBrowser();
	});
	afterAll(async () => {
		await browser.close();
		server.closeAllConnections();
		server.close();
	});

	test('TS-25 axe passes a sound page and names the flaw of a flawed one', async () => {
		const page = await browser.page({ baseURL });
		await page.goto('/');
		await expectNoAxeViolations(page);
		await page.goto('/flawed');
		await expect(expectNoAxeViolations(page)).rejects.toThrow('image-alt');
	});

	test('TS-25 a page has the width, colours and motion that the test asks for', async () => {
		const page = await browser.page({ baseURL, width: 360, dark: true, reducedMotion: true });
		await page.goto('/');
		const seen = await page.evaluate(() => ({
			width: window.innerWidth,
			dark: matchMedia('(prefers-color-scheme: dark)').matches,
			reduced: matchMedia('(prefers-reduced-motion: reduce)').matches
		}));
		expect(seen).toEqual({ width: 360, dark: true, reduced: true });
	});

	test('TS-25 an error in the page reaches the test', async () => {
		const page = await browser.page({ baseURL });
		const errors = pageErrors(page);
		await page.goto('/');
		await page.evaluate(() => console.error('planted'));
		expect(errors).toContain('planted');
	});

	test.skipIf(nonLoopbackAddress() === null)('TS-25 the browser reaches this machine by its LAN address', async () => {
		const page = await browser.page();
		const answer = await page.goto(baseURL.replace('127.0.0.1', String(nonLoopbackAddress())));
		expect(answer?.status()).toBe(200);
	});
});

describe('the server of the tests', () => {
	const folder = mkdtempSync(join(tmpdir(), 'headway-harness-'));
	const entry = join(folder, 'entry.mjs');
	const broken = join(folder, 'broken.mjs');

	beforeAll(() => {
		writeFileSync(
			entry,
			`import { createServer } from 'node:http';
			const { HOST, PORT, HEADWAY_DATA, OPENAI_API_KEY = 'none', COLOUR } = process.env;
			console.log('hello', HEADWAY_DATA, OPENAI_API_KEY, COLOUR);
			createServer((req, res) => res.end('ok')).listen(PORT, HOST);
			process.on('SIGTERM', () => process.exit(0));`
		);
		writeFileSync(broken, `console.error('The data folder cannot be written.'); process.exit(1);`);
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	test('TS-25 a server starts with its own data folder, says what it printed, and stops by SIGTERM', async () => {
		process.env.OPENAI_API_KEY = 'a-key-that-no-test-may-use';
		const server = await startServer({ entry, env: { COLOUR: 'blue' } });
		delete process.env.OPENAI_API_KEY;
		expect(await (await fetch(server.url)).text()).toBe('ok');
		expect(server.logs()).toBe(`hello ${server.dataDir} none blue\n`);
		expect((await server.stop()).code).toBe(0);
		await expect(fetch(server.url)).rejects.toThrow();
	});

	test('TS-25 a killed server leaves its data folder for the next start', async () => {
		const dataDir = mkdtempSync(join(tmpdir(), 'headway-harness-data-'));
		const first = await startServer({ entry, dataDir });
		await first.kill();
		await expect(fetch(first.url)).rejects.toThrow();
		const second = await startServer({ entry, dataDir, port: first.port });
		expect(second.url).toBe(first.url);
		expect(second.pid).not.toBe(first.pid);
		await second.stop();
		rmSync(dataDir, { recursive: true });
	});

	test('TS-25 a server that ends at once rejects with what it said', async () => {
		await expect(startServer({ entry: broken })).rejects.toThrow('The data folder cannot be written.');
	});
});
