/** The bytes that a base64 text stands for, as a file in memory. Throws when it is not base64. */
export function blobOf(b64: string, mediaType: string): Blob {
	const text = atob(b64);
	const bytes = new Uint8Array(text.length);
	for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
	return new Blob([bytes], { type: mediaType });
}
