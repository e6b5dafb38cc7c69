import { describe, expect, test } from 'vitest';
import type { Upload } from '../../../src/lib/components/form.ts';
import { UploadList } from '../../../src/lib/components/upload-list.svelte.ts';
import { installObjectUrls } from '../../support/object-urls.ts';

const terms = { kinds: ['image/png'], most: 3, wrongKind: 'Only PNG.', tooMany: 'At most 3.' };
const file = (name: string, type = 'image/png') => new File(['bytes'], name, { type });
const settled = () => new Promise((resolve) => setTimeout(resolve));

/** A server that answers when it is told to. */
function server() {
	const sent: {
		file: File;
		progress: (fraction: number) => void;
		signal: AbortSignal;
		answer: (ok: boolean) => void;
	}[] = [];
	const upload: Upload = (each, { onProgress, signal }) =>
		new Promise((resolve, reject) => {
			const stored = { fileId: `file_${each.name}`, name: each.name, mediaType: each.type, size: each.size, url: '/x' };
			const answer = (ok: boolean) => (ok ? resolve(stored) : reject(new Error('The disk is full.')));
			sent.push({ file: each, progress: onProgress, signal, answer });
			signal.addEventListener('abort', () => reject(signal.reason));
		});
	return { sent, upload };
}

describe('files of a form', () => {
	test('IM-01 a file is sent at once, tells how far it is, and counts when the server has it', async () => {
		installObjectUrls();
		const { sent, upload } = server();
		const list = new UploadList(terms);
		list.add([file('a.png')], upload);
		expect(list.reason).toBe('Files are still being sent.');
		sent[0]!.progress(0.4);
		expect(list.list).toMatchObject([{ name: 'a.png', state: 'sending', fraction: 0.4, url: 'blob:headway/1' }]);
		expect(list.fileIds).toEqual([]);
		sent[0]!.answer(true);
		await settled();
		expect(list.list).toMatchObject([{ state: 'ready', fraction: 1 }]);
		expect([list.fileIds, list.reason]).toEqual([['file_a.png'], null]);
	});

	test('IM-01 they keep the order in which they were chosen, whichever arrives first', async () => {
		installObjectUrls();
		const { sent, upload } = server();
		const list = new UploadList(terms);
		list.add([file('a.png'), file('b.png')], upload);
		sent[1]!.answer(true);
		await settled();
		sent[0]!.answer(true);
		await settled();
		expect(list.fileIds).toEqual(['file_a.png', 'file_b.png']);
	});

	test('IM-01 TS-15 one that the server finds to be of another kind is refused in the form, not by the job', async () => {
		installObjectUrls();
		const list = new UploadList(terms);
		const found = { fileId: 'file_1', name: 'a.png', mediaType: 'text/plain', size: 5, url: '/x' };
		list.add([file('a.png')], async () => found);
		await settled();
		expect(list.list).toMatchObject([{ state: 'failed', failure: 'Only PNG.', fileId: null }]);
		expect([list.fileIds, list.reason]).toEqual([[], 'Remove the file that could not be sent.']);
	});

	test('IM-01 TS-15 one that cannot be sent says why, and holds the start up until it is removed', async () => {
		installObjectUrls();
		const { sent, upload } = server();
		const list = new UploadList(terms);
		list.add([file('a.png')], upload);
		sent[0]!.answer(false);
		await settled();
		expect(list.list).toMatchObject([{ state: 'failed', failure: 'The disk is full.' }]);
		expect(list.reason).toMatch(/^Remove/);
		list.remove(list.list[0]!.key);
		expect([list.list, list.reason]).toEqual([[], null]);
	});

	test('CX-15 IM-13 removing one ends its sending and gives its memory back', async () => {
		const urls = installObjectUrls();
		const { sent, upload } = server();
		const list = new UploadList(terms);
		list.add([file('a.png')], upload);
		list.remove(list.list[0]!.key);
		await settled();
		expect(sent[0]!.signal.aborted).toBe(true);
		expect([list.list, urls.held]).toEqual([[], []]);
	});

	test('CX-15 IM-13 leaving the form ends all of them', async () => {
		const urls = installObjectUrls();
		const { sent, upload } = server();
		const list = new UploadList(terms);
		list.add([file('a.png'), file('b.png')], upload);
		list.close();
		await settled();
		expect(sent.map(({ signal }) => signal.aborted)).toEqual([true, true]);
		expect(urls.held).toEqual([]);
	});

	test('IM-01 what is no picture is not taken, nor more than there is room for', () => {
		installObjectUrls();
		const { upload } = server();
		const list = new UploadList(terms, ['file_0']);
		list.add([file('a.txt', 'text/plain'), file('b.png')], upload);
		expect([list.refused, list.list.length]).toEqual(['Only PNG.', 2]);
		list.add([file('c.png'), file('d.png')], upload);
		expect([list.refused, list.list.length]).toEqual(['At most 3.', 3]);
	});

	test('CX-12 files of an earlier job are there from the start', () => {
		const list = new UploadList(terms, ['file_0']);
		expect([list.fileIds, list.reason, list.list[0]?.url]).toEqual([['file_0'], null, '/api/files/file_0']);
	});
});
