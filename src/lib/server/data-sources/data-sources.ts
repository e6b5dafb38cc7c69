import { HeadwayError } from '../../jobs/error.ts';
import type { DataSource } from '../../operations/operation.ts';
import { dialectOf, type DataSourceSettings } from './data-source-settings.ts';
import { shippedSets } from './shipped.ts';

/** The sources that everybody may ask by their names: those that ship, and the operator's databases. */
export class DataSources {
	readonly #databases: readonly DataSourceSettings[];

	constructor(databases: readonly DataSourceSettings[]) {
		this.#databases = databases;
	}

	/** The operator's own first. A database's address is not told. */
	list(): DataSource[] {
		const own = this.#databases.map(described);
		return [...own, ...shippedSets.filter(({ name }) => !own.some((other) => other.name === name))];
	}

	/** Fails with `not_found` and the names that there are. */
	get(name: string): DataSource {
		const all = this.list();
		const found = all.find((source) => source.name === name);
		if (found) return found;
		const names = all.map((source) => source.name).join(', ');
		throw new HeadwayError('not_found', `There is no data source "${name.slice(0, 60)}". There are: ${names}.`);
	}

	/** A database's address; null for what ships. */
	addressOf(name: string): string | null {
		return this.#databases.find((database) => database.name === name)?.url ?? null;
	}
}

function described({ name, url }: DataSourceSettings): DataSource {
	const dialect = dialectOf(url) ?? 'PostgreSQL';
	const description = `A ${dialect} database that the operator of this server configured. It is only read.`;
	return { name, title: name, description, kind: 'database', dialect };
}
