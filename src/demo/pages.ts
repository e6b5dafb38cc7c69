import type { ServerResponse } from 'node:http';
import type { Library } from './library.ts';
import { sendHtml } from './wire.ts';

/** Serves the library as plain pages, for when the demo runs alone: a document, a search, or the list of all. */
export function servePage(res: ServerResponse, library: Library, url: URL): void {
	const slug = /^\/library\/([^/]+)$/.exec(url.pathname)?.[1];
	const query = url.searchParams.get('q');
	if (slug !== undefined) serveDocument(res, library, slug);
	else if (query !== null) sendHtml(res, 200, page(`Search: ${query}`, resultsOf(library, query)));
	else sendHtml(res, 200, page('Library of the demo', listOf(library)));
}

function serveDocument(res: ServerResponse, library: Library, slug: string): void {
	const document = library.document(slug);
	if (document)
		sendHtml(res, 200, page(document.title, `<pre style="white-space:pre-wrap">${escaped(document.text)}</pre>`));
	else sendHtml(res, 404, page('Not found', '<p>The library has no such document.</p>'));
}

function resultsOf(library: Library, query: string): string {
	const found = library.search(query, 20);
	if (found.length === 0) return '<p>Nothing found.</p>';
	return found.map(({ slug, title, text }) => `<h2>${link(slug, title)}</h2><p>${escaped(text)}</p>`).join('\n');
}

function listOf(library: Library): string {
	const items = library.documents().map(({ slug, title }) => `<li>${link(slug, title)}</li>`);
	return `<p>The demo provider answers from these documents. It is no language model.</p><ul>${items.join('\n')}</ul>`;
}

function link(slug: string, title: string): string {
	return `<a href="/library/${encodeURIComponent(slug)}">${escaped(title)}</a>`;
}

function page(title: string, body: string): string {
	const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>`;
	return `<!doctype html><html lang="en"><head>${head}</head><body><main><h1>${escaped(title)}</h1>${body}</main></body></html>`;
}

function escaped(text: string): string {
	return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
