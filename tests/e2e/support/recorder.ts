import type { Page } from 'playwright';

/** How the page looked at one moment. */
export interface Sample {
	/** Milliseconds since the recorder began. */
	at: number;
	percentage: number | null;
	basis: string;
	/** What the bar's inline styles fill, in percent. */
	filled: number;
	elapsed: string;
	status: string;
	/** `name:state` of each phase. */
	phases: string[];
	reportLength: number;
	skeletons: string[];
	title: string;
	icon: string;
}

/** What was seen from the start of a page until now. */
export interface Recording {
	samples: Sample[];
	/** Every text that appeared in any live region, in order. */
	said: string[];
	/** Broken rules of the content security policy. */
	violations: string[];
}

/** Records a page from its next load on: a look every 100 ms, every word of a live region, every broken rule. Call before `goto`. */
export async function record(page: Page): Promise<() => Promise<Recording>> {
	await page.addInitScript(watch);
	return () => page.evaluate(() => (globalThis as unknown as { recording: Recording }).recording);
}

/** Runs in the page. */
function watch(): void {
	const recording: Recording = { samples: [], said: [], violations: [] };
	Object.assign(globalThis, { recording });
	document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
		recording.violations.push(`${violatedDirective}: ${blockedURI}`)
	);
	const live = '[aria-live], [role=status], [role=alert], [role=log], [role=timer], [role=marquee], output';
	const spoken = new WeakMap<Element, string>();
	const hear = (region: Element | null | undefined) => {
		const text = region?.textContent?.trim() ?? '';
		if (!region || text === (spoken.get(region) ?? '')) return;
		spoken.set(region, text);
		if (text !== '') recording.said.push(text);
	};
	const heard = (records: MutationRecord[]) => {
		for (const { target } of records) hear((target instanceof Element ? target : target.parentElement)?.closest(live));
	};
	new MutationObserver(heard).observe(document, { childList: true, subtree: true, characterData: true });

	const textOf = (selector: string) => document.querySelector(selector)?.textContent?.trim() ?? '';
	const look = (): Sample => {
		const [, percentage = null, basis = ''] =
			/(\d+(?:\.\d+)?) %\s*(.*)/.exec(textOf('section[aria-label=Progress] p[aria-hidden]')) ?? [];
		const bar = document.querySelector<HTMLElement>('main [role=progressbar] > [data-tone=current]');
		return {
			at: performance.now(),
			percentage: percentage === null ? null : Number(percentage),
			basis,
			filled: 100 * Number(bar?.style.getPropertyValue('--filled') ?? 0),
			elapsed: textOf('[data-elapsed]'),
			status: document.querySelector('article [data-status]')?.getAttribute('data-status') ?? '',
			phases: [...document.querySelectorAll('[data-phase]')].map(
				(phase) => `${phase.getAttribute('data-phase')}:${phase.getAttribute('data-state')}`
			),
			reportLength: textOf('[data-report] .prose').length,
			skeletons: [...document.querySelectorAll('[data-skeleton]')].map(
				(each) => each.getAttribute('data-skeleton') ?? ''
			),
			title: document.title,
			icon: document.querySelector('link[rel=icon]')?.getAttribute('href') ?? ''
		};
	};
	setInterval(() => recording.samples.push(look()), 100);
}
