import { networkInterfaces } from 'node:os';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright';
import type { Browser, BrowserContext, Page } from 'playwright';
import { expect } from 'vitest';

export interface PageOptions {
	/** What relative addresses start from. */
	readonly baseURL?: string;
	/** CSS pixels; 1280 unless told otherwise. */
	readonly width?: number;
	readonly height?: number;
	readonly dark?: boolean;
	readonly reducedMotion?: boolean;
	readonly javaScript?: boolean;
	/** Lets the page read and write the clipboard. */
	readonly clipboard?: boolean;
}

/** A browser for one test file. */
export interface TestBrowser {
	readonly browser: Browser;
	/** A page in a context of its own: nothing is shared with other pages but the server. */
	page(options?: PageOptions): Promise<Page>;
	/** A context, for several tabs of one person. */
	context(options?: PageOptions): Promise<BrowserContext>;
	close(): Promise<void>;
}

const flags = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync'
];

/** Starts Chromium: the one that CHROMIUM_PATH names (`npm test` sets it), else Playwright's own. */
export async function openBrowser(): Promise<TestBrowser> {
	const executablePath = process.env.CHROMIUM_PATH;
	const browser = await chromium.launch({ args: flags, ...(executablePath ? { executablePath } : {}) });
	const context = (options: PageOptions = {}) => {
		const { baseURL, width = 1280, height = 800, dark, reducedMotion, javaScript = true, clipboard } = options;
		return browser.newContext({
			...(baseURL ? { baseURL } : {}),
			viewport: { width, height },
			colorScheme: dark ? 'dark' : 'light',
			reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
			javaScriptEnabled: javaScript,
			permissions: clipboard ? ['clipboard-read', 'clipboard-write'] : []
		});
	};
	return {
		browser,
		context,
		page: async (options) => (await context(options)).newPage(),
		close: () => browser.close()
	};
}

/**
 * Runs in the page: whether all that fades in has come; on its way it is fainter than it will be. Asked again and again:
 * awaiting the `finished` of each animation was seen to hang where an element left the page while it faded.
 */
function settled(): boolean {
	const ends = ({ effect }: Animation) => Number.isFinite(effect?.getComputedTiming().endTime);
	return !document.getAnimations().some((animation) => animation.playState === 'running' && ends(animation));
}

/** Fails with every accessibility violation (WCAG 2.2 AA and axe's best practices) on the page as it stands. */
export async function expectNoAxeViolations(page: Page, options: { exclude?: string[] } = {}): Promise<void> {
	await page.waitForFunction(settled);
	const axe = new AxeBuilder({ page });
	for (const selector of options.exclude ?? []) axe.exclude(selector);
	const { violations } = await axe.analyze();
	const found = violations.map(
		({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join('\n  ')}`
	);
	expect(found, `accessibility of ${page.url()}\n${found.join('\n')}`).toEqual([]);
}

/** Collects what goes wrong in a page: uncaught errors, console errors, broken rules of the content policy. */
export function pageErrors(page: Page): string[] {
	const errors: string[] = [];
	page.on('pageerror', (error) => errors.push(error.message));
	page.on('console', (message) => {
		if (message.type() === 'error') errors.push(message.text());
	});
	return errors;
}

/** This machine's first IPv4 address that is not loopback, for what only plain http on a LAN shows; null without a network. */
export function nonLoopbackAddress(): string | null {
	const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
	return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? null;
}

/** Closes every context that a test left open, so that its streams do not weigh on the next. */
export async function closePages(browser: Browser): Promise<void> {
	await Promise.all(browser.contexts().map((context) => context.close()));
}
