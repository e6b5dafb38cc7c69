import type { App as Headway } from '$lib/server/app.ts';

declare global {
	namespace App {
		interface Error {
			message: string;
			code?: string;
		}
		interface Locals {
			app: Headway;
			/** Whose jobs a request sees. `local` until there are accounts. */
			owner: string;
			/** What is left of each limit that the request counted against. */
			allowances: import('$lib/server/rate-limits.ts').Allowance[];
		}
		interface Platform {
			req: import('node:http').IncomingMessage;
		}
	}
}

export {};
