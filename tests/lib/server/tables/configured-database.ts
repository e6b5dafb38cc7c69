import type { HeadwayError } from '$lib/jobs/error.ts';
import { DataSources } from '$lib/server/data-sources/data-sources.ts';
import type { TableSandboxParts } from '$lib/server/tables/table-sandbox.ts';
import { Bench } from './sandbox.ts';

const signal = () => new AbortController().signal;

/** The sandbox with a database under the name `shop`, and what its tables do; `failure` gives how a query fails, with the code `none` where it does not. */
export function configuredDatabase(url: string, limits: TableSandboxParts['limits'] = {}) {
	const bench = new Bench({ sources: new DataSources([{ name: 'shop', url }]), limits });
	const tables = bench.sandbox.of('local');
	const source = { name: 'shop' };
	return {
		bench,
		tables,
		describe: () => tables.describe(source, signal()),
		query: (sql: string, options: { maxRows?: number; timeoutMs?: number; signal?: AbortSignal } = {}) =>
			tables.query(source, sql, { signal: signal(), ...options }),
		failure: (sql: string, options: { timeoutMs?: number } = {}) =>
			tables.query(source, sql, { signal: signal(), ...options }).then(
				(result) => ({ code: 'none', message: JSON.stringify(result.rows) }),
				(error: unknown) => error as HeadwayError
			)
	};
}
