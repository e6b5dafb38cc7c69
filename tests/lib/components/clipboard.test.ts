import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { copyText, fileNameOf } from '../../../src/lib/components/clipboard.ts';
import CopyButton from '../../../src/lib/components/CopyButton.svelte';

describe('copy and download', () => {
	afterEach(() => void vi.unstubAllGlobals());

	test('IR-03 copying works without navigator.clipboard, as on plain http at a LAN address', async () => {
		vi.stubGlobal('navigator', { clipboard: undefined });
		let copied = '';
		document.execCommand = () => {
			copied = (document.activeElement as HTMLTextAreaElement).value;
			return true;
		};
		expect(await copyText('the report')).toBe(true);
		expect(copied).toBe('the report');
		expect(document.querySelector('textarea')).toBeNull();
	});

	test('IR-03 a copy that the browser refuses is said, not pretended', async () => {
		vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText: () => Promise.reject(new Error('no')) } });
		document.execCommand = () => false;
		render(CopyButton, { text: 'x', label: 'Copy' });
		await fireEvent.click(screen.getByRole('button'));
		expect(await screen.findByText('Could not copy')).toBeInTheDocument();
	});

	test('IM-04 the button is called what it does, before and after', async () => {
		vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText: () => Promise.resolve() } });
		render(CopyButton, { text: 'x', label: 'Copy' });
		// A role of its own within a button takes the button's name away, in Chromium at least.
		expect(screen.getByRole('button').querySelector('[role]')).toBeNull();
		await fireEvent.click(screen.getByRole('button', { name: 'Copy' }));
		expect(await screen.findByRole('button', { name: 'Copied' })).toBeInTheDocument();
	});

	test('IR-03 a copy that worked says so', async () => {
		const writeText = vi.fn(() => Promise.resolve());
		vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText } });
		render(CopyButton, { text: 'x', label: 'Copy' });
		await fireEvent.click(screen.getByRole('button'));
		expect(await screen.findByText('Copied')).toBeInTheDocument();
		expect(writeText).toHaveBeenCalledWith('x');
	});

	test.for([
		['How do tides work?', 'how-do-tides-work.md'],
		['../../etc/passwd', 'etc-passwd.md'],
		['Gezeiten: Ebbe & Flut', 'gezeiten-ebbe-flut.md'],
		['???', 'report.md']
	] as const)('IR-03 the file of “%s” is named %s', ([title, name]) => {
		expect(fileNameOf(title, 'md')).toBe(name);
	});
});
