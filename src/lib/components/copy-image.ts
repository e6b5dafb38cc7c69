/** Puts a picture on the clipboard, as the PNG that every clipboard takes. False when the browser does not let it. */
export async function copyImage(url: string): Promise<boolean> {
	try {
		// Missing on plain http at an address other than loopback. The bytes come as a promise, because Safari wants the
		// write in the same breath as the click.
		await navigator.clipboard.write([new ClipboardItem({ 'image/png': pngAt(url) })]);
		return true;
	} catch {
		return false;
	}
}

async function pngAt(url: string): Promise<Blob> {
	const answer = await fetch(url);
	if (!answer.ok) throw new Error(`the picture could not be read (${answer.status})`);
	const bytes = await answer.blob();
	return bytes.type === 'image/png' ? bytes : asPng(bytes);
}

async function asPng(bytes: Blob): Promise<Blob> {
	const bitmap = await createImageBitmap(bytes);
	const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
	canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
	bitmap.close();
	return canvas.convertToBlob({ type: 'image/png' });
}
