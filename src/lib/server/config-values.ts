import { z } from 'zod';

/** A text that says something. */
export const text = z.string().trim().min(1, 'must not be blank');

/** A key or a token. It goes out in a header, which takes nothing else. */
export const key = text.regex(/^[\x21-\x7e]+$/, 'must be a key without spaces, of plain letters, digits and signs');

/** The name of a header. */
export const header = text.regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be the name of a header, such as x-forwarded-for');

const http = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });

/** An http or https address. With a name and a password in it no request could be sent. */
export const httpUrl = http.refine((address) => {
	const { username = '', password = '' } = URL.parse(address) ?? {};
	return username === '' && password === '';
}, 'must be an address without a name and a password');

/** An address that paths are put behind: what it had after its own path would swallow them. */
export const baseUrl = httpUrl.refine(
	(address) => !/[?#]/.test(address),
	'must be an address that ends with its path, without "?" or "#"'
);

/** The public address: a browser's origin has nothing after the port. */
export const origin = http.refine((text) => {
	const url = URL.parse(text);
	return url !== null && url.href === `${url.origin}/`;
}, 'must be an origin without a path, a query or a hash, such as https://headway.example');

/** `research=30m,other=90s` → milliseconds by operation. */
export const durations = z.string().transform((text, ctx): Record<string, number> => {
	const entries = text.split(',').map((part) => /^\s*([a-z][a-z-]*)\s*=\s*(\d+)\s*(s|m|h)\s*$/.exec(part));
	if (!entries.every((entry) => entry !== null)) ctx.addIssue('must look like research=30m,image=90s');
	else {
		const limits = entries.map(([, id, count, unit]) => [id, Number(count) * UNIT[unit as 's']] as const);
		if (limits.every(([, ms]) => ms >= UNIT.s && ms <= LONGEST_LIMIT_MS)) return Object.fromEntries(limits);
		ctx.addIssue('must give each operation a limit from 1s to 720h (30 days)');
	}
	return z.NEVER;
});

/** `gpt-6-astra=2m,meta/llama-4=90s` → milliseconds, by model. */
export const modelDurations = z.string().transform((text, ctx): Record<string, number> => {
	const entries = text.split(',').map((part) => /^\s*([^=,\s]+)\s*=\s*(\d{1,5})\s*(s|m|h)\s*$/.exec(part));
	if (!entries.every((entry) => entry !== null)) ctx.addIssue('must look like gpt-6-astra=2m,llama4=90s');
	else {
		const times = entries.map(([, model, count, unit]) => [model, Number(count) * UNIT[unit as 's']] as const);
		if (times.every(([, ms]) => ms >= SHORTEST_SILENCE_MS && ms <= LONGEST_SILENCE_MS))
			return Object.fromEntries(times);
		ctx.addIssue('must give each model a time from 5s to 24h');
	}
	return z.NEVER;
});

/** `research=2,image=4` → how many, by operation. */
export const counts = z.string().transform((text, ctx): Record<string, number> => {
	const entries = text.split(',').map((part) => /^\s*([a-z][a-z-]*)\s*=\s*(\d{1,4})\s*$/.exec(part));
	if (!entries.every((entry) => entry !== null)) ctx.addIssue('must look like research=2,image=4');
	else {
		const limits = entries.map(([, id, count]) => [id, Number(count)] as const);
		if (limits.every(([, count]) => count >= 1 && count <= 1_000)) return Object.fromEntries(limits);
		ctx.addIssue('must give each operation a number from 1 to 1000');
	}
	return z.NEVER;
});

/** `512M` → bytes. */
export const bytes = z
	.string()
	.trim()
	.regex(/^\d+[KMG]?$/, 'must be a number of bytes, such as 512M or 1G')
	.transform((text) => Number.parseInt(text, 10) * (SIZE[text.at(-1) as 'K'] ?? 1))
	.refine((size) => size >= 1 && size <= LARGEST_UPLOAD, 'must be from 1 to 40G');
/** Bytes in a K, an M, a G. */
export const SIZE = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
/** S3 takes 10,000 parts, of which ours have 5 MB. */
const LARGEST_UPLOAD = 40 * SIZE.G;
const UNIT = { s: 1_000, m: 60_000, h: 3_600_000 };
const LONGEST_LIMIT_MS = 720 * UNIT.h;
const SHORTEST_SILENCE_MS = 5 * UNIT.s;
const LONGEST_SILENCE_MS = 24 * UNIT.h;

/** Decimal digits and nothing else: not `0x1F90`, not `1e3`. */
export const whole = (least: number, most: number) =>
	z
		.string()
		.trim()
		.regex(/^\d+$/, 'must be a whole number in decimal digits')
		.transform(Number)
		.refine((value) => value >= least && value <= most, `must be from ${least} to ${most}`);
