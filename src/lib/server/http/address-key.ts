import { isIPv6 } from 'node:net';

/** Whom an address counts as: itself, or for IPv6 its network of 64 bits, which one client has to itself. */
export function addressKey(address: string): string {
	const bare = address.replace(/%.*$/, '');
	if (!isIPv6(bare)) return bare;
	const groups = groupsOf(bare);
	// An IPv4 address as a server that listens on both is told of it.
	if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return dotted(groups.slice(6));
	return `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an address, in hexadecimal digits without zeros in front. */
function groupsOf(address: string): string[] {
	const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
	const split = (part: string) => part.split(':').filter(Boolean);
	const [first, last] = [split(head), split(tail)];
	return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => '0'), ...last];
}

function dotted(groups: readonly string[]): string {
	return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.');
}
