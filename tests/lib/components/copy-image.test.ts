import { afterEach, expect, test, vi } from 'vitest';
import { copyImage } from '../../../src/lib/components/copy-image.ts';

class FakeClipboardItem {
	readonly items: Record<string, Promise<Blob>>;
	constructor(items: Record<string, Promise<Blob>>) {
		this.items = items;
	}
}
const png = () => new Blob(['picture'], { type: 'image/png' });

afterEach(() => {
	vi.unstubAllGlobals();
	Reflect.deleteProperty(navigator, 'clipboard');
});

/** A browser with a clipboard for pictures, and a server that answers with this. */
function browserWith(answer: Pick<Response, 'ok' | 'status' | 'blob'>): Blob[] {
	const copied: Blob[] = [];
	vi.stubGlobal('ClipboardItem', FakeClipboardItem);
	vi.stubGlobal('fetch', async () => answer);
	const write = async ([item]: FakeClipboardItem[]) => void copied.push(await item!.items['image/png']!);
	Object.defineProperty(navigator, 'clipboard', { value: { write }, configurable: true });
	return copied;
}

test('IM-11 a finished picture is copied as a PNG', async () => {
	const copied = browserWith({ ok: true, status: 200, blob: async () => png() });
	expect(await copyImage('/picture')).toBe(true);
	expect(copied.map(({ type }) => type)).toEqual(['image/png']);
});

test('IM-11 a picture that is gone is not said to be copied', async () => {
	const copied = browserWith({ ok: false, status: 404, blob: async () => png() });
	expect(await copyImage('/picture')).toBe(false);
	expect(copied).toEqual([]);
});

test('IM-11 where the browser has no clipboard for pictures, that is said', async () => {
	expect(await copyImage('/picture')).toBe(false);
});
