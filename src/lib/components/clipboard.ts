/** Puts a text on the clipboard. False when the browser does not let it. */
export async function copyText(text: string): Promise<boolean> {
	try {
		// Missing on plain http at an address other than loopback.
		if (navigator.clipboard) {
			await navigator.clipboard.writeText(text);
			return true;
		}
	} catch {
		// Refused, for want of focus or by a policy; the old way may still be allowed.
	}
	return copyFromField(text);
}

function copyFromField(text: string): boolean {
	const focused = document.activeElement;
	const field = document.createElement('textarea');
	field.value = text;
	field.setAttribute('aria-hidden', 'true');
	field.readOnly = true;
	field.style.cssText = 'position:fixed;opacity:0';
	document.body.append(field);
	field.focus({ preventScroll: true });
	field.select();
	const copied = document.execCommand?.('copy') ?? false;
	field.remove();
	if (focused instanceof HTMLElement) focused.focus();
	return copied;
}

/** Hands a text to the browser as a file to save. */
export function saveText(name: string, text: string, mediaType: string): void {
	const url = URL.createObjectURL(new Blob([text], { type: mediaType }));
	const link = document.createElement('a');
	link.href = url;
	link.download = name;
	link.click();
	// Some browsers read the address only after the click has been handled.
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A file's name from a title: letters, digits and dashes, at most 60 characters. */
export function fileNameOf(title: string, extension: string): string {
	const stem = title
		.toLowerCase()
		.replace(/[^\p{Letter}\p{Number}]+/gu, '-')
		.slice(0, 60)
		.replace(/^-+|-+$/g, '');
	return `${stem || 'report'}.${extension}`;
}
