import type { StoredUpload } from '../server/blobs/uploads.ts';

const unreachable = 'The server could not be reached. Check the connection, then send the file again.';

/** Sends a file to the server; `onProgress` counts from 0 to 1. Rejects with an Error whose message is a sentence; after an abort its name is `AbortError`. */
export function upload(
	file: File,
	{ onProgress, signal }: { onProgress: (fraction: number) => void; signal: AbortSignal }
): Promise<StoredUpload> {
	// fetch cannot say how much of a body has gone out.
	const request = new XMLHttpRequest();
	const abort = () => request.abort();
	return new Promise<StoredUpload>((resolve, reject) => {
		if (signal.aborted) return reject(aborted());
		signal.addEventListener('abort', abort);
		request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
		request.onload = () => (request.status === 201 ? resolve(stored(request)) : reject(new Error(reasonOf(request))));
		request.onerror = () => reject(new Error(unreachable));
		request.onabort = () => reject(aborted());
		request.open('POST', `/api/files?name=${encodeURIComponent(file.name.toWellFormed())}`);
		// The server tells the type by the content; without any type it would see no body.
		request.setRequestHeader('content-type', 'application/octet-stream');
		request.send(file);
	}).finally(() => signal.removeEventListener('abort', abort));
}

function stored({ responseText }: XMLHttpRequest): StoredUpload {
	return JSON.parse(responseText) as StoredUpload;
}

function aborted(): Error {
	return new DOMException('The upload was stopped.', 'AbortError');
}

/** What our server says in its problem document; another, such as a proxy, may say anything. */
function reasonOf({ responseText, status }: XMLHttpRequest): string {
	try {
		const { title } = JSON.parse(responseText) as { title?: unknown };
		if (typeof title === 'string') return title;
	} catch {
		// Not ours.
	}
	return status === 413
		? 'The file is too large for this server or for a proxy before it.'
		: `The file was not taken (status ${status}). Try again in a moment.`;
}
