import { render, screen } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import PreviewImage from '../../../src/lib/components/PreviewImage.svelte';
import { installObjectUrls } from '../../support/object-urls.ts';

const shown = (text: string) => ({ b64: btoa(text), mediaType: 'image/png', alt: 'Preview' });
const source = () => screen.queryByRole('img')?.getAttribute('src');

describe('a preview on the page', () => {
	test('IM-07 IM-13 each takes the place of the one before, whose memory is given back', async () => {
		const urls = installObjectUrls();
		const { rerender } = render(PreviewImage, shown('one'));
		const element = await screen.findByRole('img');
		expect(source()).toBe('blob:headway/1');
		for (const [index, text] of ['two', 'three'].entries()) {
			await rerender(shown(text));
			await expect.poll(source).toBe(`blob:headway/${index + 2}`);
			expect(urls.held).toEqual([`blob:headway/${index + 2}`]);
		}
		// The same element all along: what it shows stays until the next one can be painted.
		expect(screen.getByRole('img')).toBe(element);
		expect(await Promise.all(urls.made.map((blob) => blob.text()))).toEqual(['one', 'two', 'three']);
		expect(urls.made[0]?.type).toBe('image/png');
	});

	test('IM-13 one that leaves the page leaves nothing behind', () => {
		const urls = installObjectUrls();
		render(PreviewImage, shown('one')).unmount();
		expect(urls.made).toHaveLength(1);
		expect(urls.held).toEqual([]);
	});

	test('IM-13 a hundred of them hold the memory of one', async () => {
		const urls = installObjectUrls();
		const { rerender, unmount } = render(PreviewImage, shown('0'));
		for (let index = 1; index < 100; index++) await rerender(shown(String(index)));
		await expect.poll(() => urls.held).toEqual(['blob:headway/100']);
		expect(urls.made).toHaveLength(100);
		unmount();
		expect(urls.held).toEqual([]);
	});

	test('IR-12 one that is not base64 leaves the one before, and the next one shows', async () => {
		installObjectUrls();
		const { rerender } = render(PreviewImage, shown('one'));
		await expect.poll(source).toBe('blob:headway/1');
		await rerender({ ...shown(''), b64: '%%%' });
		expect(source()).toBe('blob:headway/1');
		await rerender(shown('two'));
		await expect.poll(source).toBe('blob:headway/2');
	});

	test('IR-12 one that cannot be painted never covers the one before, its memory is given back, and the next one shows', async () => {
		const urls = installObjectUrls();
		const { rerender } = render(PreviewImage, shown('one'));
		await expect.poll(source).toBe('blob:headway/1');
		HTMLImageElement.prototype.decode = () => Promise.reject(new DOMException('no picture', 'EncodingError'));
		try {
			await rerender(shown('no picture'));
			await expect.poll(() => urls.held).toEqual(['blob:headway/2']);
			await new Promise(setImmediate);
			expect(source()).toBe('blob:headway/1');
		} finally {
			Reflect.deleteProperty(HTMLImageElement.prototype, 'decode');
		}
		await rerender(shown('three'));
		await expect.poll(source).toBe('blob:headway/3');
	});
});
