import { isIP } from 'node:net';

const localEndings = ['.localhost', '.local', '.lan', '.home.arpa', '.internal'];

/** Whether an address or name, as `URL` spells a hostname, is an IP literal (IPv6 in brackets). */
export function isAddress(hostname: string): boolean {
	return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

/** Whether no public name server answers for this name: one without a dot, or below an ending kept for local use. */
export function isLocalName(hostname: string): boolean {
	if (isAddress(hostname)) return false;
	return !hostname.includes('.') || localEndings.some((ending) => hostname.endsWith(ending));
}

/** Whether the host is this machine or one of a private network (RFC 1918). */
export function isPrivate(hostname: string): boolean {
	if (isLocalName(hostname) || hostname === '[::1]') return true;
	return isIP(hostname) === 4 && /^(127|10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(hostname);
}
