/** A link of a model's text that is safe to show. */
export interface SafeLink {
	href: string;
	/** `citation` jumps within the page, `inside` is a page of this app, `outside` is anything else. */
	kind: 'citation' | 'inside' | 'outside';
}

// The origin that a root-relative address is tried against; it cannot exist (RFC 2606).
const HERE = 'https://here.invalid';
const OUTSIDE = ['http:', 'https:', 'mailto:'];

/** What a hostile `href` may become: an http, https or mailto address, a root-relative one, a citation's jump; else null. */
export function safeLink(href: string): SafeLink | null {
	if (/^#source-\d{1,4}$/.test(href)) return { href, kind: 'citation' };
	const isRooted = href.startsWith('/');
	if (!isRooted && !/^(https?:|mailto:)/i.test(href.trim())) return null;
	if (!URL.canParse(href, HERE)) return null;
	const url = new URL(href, HERE);
	// `//host` and `/\host` begin like a path and lead elsewhere.
	if (isRooted) return url.origin === HERE ? { href: url.pathname + url.search + url.hash, kind: 'inside' } : null;
	return OUTSIDE.includes(url.protocol) ? { href: url.href, kind: 'outside' } : null;
}

/** The host to show for an address; the address itself where it has none. */
export function hostOf(href: string): string {
	if (!URL.canParse(href, HERE)) return href;
	const { origin, hostname, pathname } = new URL(href, HERE);
	if (origin === HERE) return decodePath(pathname);
	return hostname.replace(/^www\./, '') || href;
}

function decodePath(path: string): string {
	try {
		return decodeURI(path).replace(/^\//, '');
	} catch {
		return path;
	}
}
