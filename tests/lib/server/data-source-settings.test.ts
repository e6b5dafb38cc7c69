import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DataSources } from '$lib/server/data-sources/data-sources.ts';
import { readDataSources } from '$lib/server/data-sources/data-source-settings.ts';
import { shippedFile, shippedSets } from '$lib/server/data-sources/shipped.ts';
import { bikeRides } from '../../../scripts/make-bike-rides.mjs';

test('OP-03 databases are named with their addresses, and unset means none', () => {
	expect(readDataSources('')).toEqual([]);
	expect(
		readDataSources(
			' sales=postgres://r:p@db:5432/sales , old=postgresql://db/old,stock=mysql://r:p%2C@db/stock?ssl-mode=REQUIRED'
		)
	).toEqual([
		{ name: 'sales', url: 'postgres://r:p@db:5432/sales' },
		{ name: 'old', url: 'postgresql://db/old' },
		{ name: 'stock', url: 'mysql://r:p%2C@db/stock?ssl-mode=REQUIRED' }
	]);
});

test.each([
	['postgres://r:hush@db/x', 'must look like'],
	['Sales=postgres://r:hush@db/x', 'must be a name of small letters'],
	['sales=oracle://r:hush@db/x', 'the address of "sales" does not'],
	['sales=mysql://r:hush@db', 'names no host or no database'],
	['sales=mysql://r:hush@db/x?sslmode=require', 'it may say ssl-mode=DISABLED, REQUIRED, VERIFY_IDENTITY, and ssl-ca='],
	['sales=mysql://r:hush@db/x?ssl-mode=PERHAPS', 'has a setting that is not known'],
	['sales=mysql://r:hush@10.0.0.1/x?ssl-mode=VERIFY_IDENTITY', 'needs the name of its host'],
	['sales=mysql://r:hush@[::1]/x?ssl-ca=/a.pem', 'needs the name of its host'],
	['sales=mysql://r:hush%@db/x', 'Write a percent sign in it as %25'],
	['sales=postgres://r:a long hush@db/x', 'a space as %20'],
	['sales=postgres://r:hu/hush@db/x', '/ as %2F'],
	['sales=postgres://r:hush@db/x?sslmdoe=verify-full', 'it may have ssl, sslmode, sslrootcert'],
	['sales=postgres://r:hush@db/x?ssl=maybe', 'has a setting that is not known'],
	['sales=postgres://r:hush@db/x?connect_timeout=5', 'has a setting that is not known'],
	['sales=postgres://r:1/x?hush@db/x', 'has a setting that is not known'],
	['sales=postgres://r:hush@db', 'names no host or no database'],
	['sales=postgres://db/x,sales=postgres://r:hush@db/y', 'names "sales" twice']
])('OP-03 a setting that is wrong says what, and never a password: %s', (list, words) => {
	const message = (() => {
		try {
			return JSON.stringify(readDataSources(list));
		} catch (error) {
			return (error as Error).message;
		}
	})();
	expect(message).toContain(words);
	expect(message).not.toContain('hush');
});

test('OP-03 what PostgreSQL takes in an address is taken', () => {
	const plain = 'postgres://r:p@db/x?ssl=true';
	expect(readDataSources(`plain=${plain}`)).toEqual([{ name: 'plain', url: plain }]);
	const url = 'postgres://r:p@db/x?sslmode=verify-full&sslrootcert=/a.pem&options=-c%20search_path%3Dsales';
	expect(readDataSources(`sales=${url}`)).toEqual([{ name: 'sales', url }]);
});

test('OP-03 what a database speaks is known by its address', () => {
	const urls = ['postgres://db/a', 'postgresql://db/b', 'mysql://db/c', 'mariadb://db/d'];
	const sources = new DataSources(urls.map((url, at) => ({ name: `s${at}`, url })));
	const told = sources.list().slice(0, 4);
	expect(told.map(({ dialect }) => dialect)).toEqual(['PostgreSQL', 'PostgreSQL', 'MySQL', 'MySQL']);
	expect(told[3]?.description).toBe('A MySQL database that the operator of this server configured. It is only read.');
});

test("OP-03 an operator's database comes before what ships, and hides one of its name", () => {
	const sources = new DataSources([{ name: 'bike-rides', url: 'postgres://db/rides' }]);
	expect(sources.list().map(({ name, kind }) => [name, kind])).toEqual([['bike-rides', 'database']]);
	expect(sources.addressOf('bike-rides')).toBe('postgres://db/rides');
	expect(() => sources.get('nothing')).toThrow('There is no data source "nothing". There are: bike-rides.');
});

test('OP-03 the data that ship are what their script makes, each time', async () => {
	const path = new URL('../../../src/lib/server/data-sources/shipped/bike-rides.csv', import.meta.url);
	expect(bikeRides()).toBe(readFileSync(path, 'utf8'));
	for (const { name } of shippedSets) expect((await shippedFile(name)).size).toBeGreaterThan(100_000);
});
