import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '../../../support/app.ts';

/** A file that a test brings. */
export interface SourceFile {
	readonly name: string;
	readonly bytes: Uint8Array;
}

/** The sources of `questions.json` that a person brings, by their names there. The same each time. */
export function sourceFiles(): Record<string, SourceFile> {
	return {
		library: { name: 'library.sqlite', bytes: sqliteFile(library) },
		clinic: { name: 'clinic.db', bytes: sqliteFile(clinic) },
		energy: { name: 'energy.csv', bytes: Buffer.from(energy()) },
		orders: { name: 'orders.jsonl', bytes: Buffer.from(orders()) }
	};
}

/** A SQLite file that `fill` writes. */
export function sqliteFile(fill: (database: DatabaseSync) => void): Uint8Array {
	const path = join(temporaryFolder(), 'made.db');
	const database = new DatabaseSync(path);
	fill(database);
	database.close();
	const bytes = readFileSync(path);
	rmSync(path);
	return bytes;
}

/** Whole numbers below `most`, one after the other, the same for the same seed. */
function numbers(seed: number): (most: number) => number {
	let state = seed;
	return (most) => {
		state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
		return Math.floor((state / 2_147_483_648) * most);
	};
}

const dayAfter = (first: string, days: number) =>
	new Date(Date.parse(first) + days * 86_400_000).toISOString().slice(0, 10);

function library(database: DatabaseSync): void {
	const next = numbers(11);
	database.exec(`CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT, country TEXT, born_year INTEGER);
		CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT, author_id INTEGER REFERENCES authors(id), genre TEXT,
			pages INTEGER, published_year INTEGER, price REAL);
		CREATE TABLE loans (id INTEGER PRIMARY KEY, book_id INTEGER REFERENCES books(id), member TEXT, loaned_on TEXT, returned_on TEXT)`);
	const authors = [
		'Ana Duarte',
		'Bo Lindqvist',
		'Chiara Conti',
		'David Okafor',
		'Emi Sato',
		'Farid Haddad',
		'Greta Vogel'
	];
	const countries = ['Portugal', 'Sweden', 'Italy', 'Nigeria', 'Japan', 'Lebanon', 'Germany'];
	const author = database.prepare('INSERT INTO authors VALUES (?, ?, ?, ?)');
	for (const [at, name] of authors.entries()) author.run(at + 1, name, countries[at] ?? '', 1930 + next(60));
	const book = database.prepare('INSERT INTO books VALUES (?, ?, ?, ?, ?, ?, ?)');
	const genres = ['novel', 'poetry', 'history', 'science', 'crime'];
	for (let id = 1; id <= 90; id += 1)
		book.run(
			...([id, `Book ${id}`, 1 + Math.min(next(7), next(9))] as const),
			genres[Math.min(next(5), next(7))] ?? '',
			...([80 + next(620), 1965 + next(60), 5 + next(400) / 10] as const)
		);
	const loan = database.prepare('INSERT INTO loans VALUES (?, ?, ?, ?, ?)');
	for (let id = 1; id <= 640; id += 1) {
		const day = next(700);
		const returned = next(8) === 0 ? null : dayAfter('2024-01-03', day + 1 + next(40));
		loan.run(id, 1 + Math.min(next(90), next(90)), `M${100 + next(60)}`, dayAfter('2024-01-03', day), returned);
	}
}

function clinic(database: DatabaseSync): void {
	const next = numbers(23);
	database.exec(`CREATE TABLE doctors (id INTEGER PRIMARY KEY, name TEXT, specialty TEXT);
		CREATE TABLE patients (id INTEGER PRIMARY KEY, name TEXT, birth_year INTEGER, city TEXT);
		CREATE TABLE visits (id INTEGER PRIMARY KEY, doctor_id INTEGER REFERENCES doctors(id),
			patient_id INTEGER REFERENCES patients(id), visited_on DATE, duration_min INTEGER, cost REAL, outcome TEXT)`);
	const specialties = ['cardiology', 'dermatology', 'pediatrics', 'orthopedics'];
	const doctor = database.prepare('INSERT INTO doctors VALUES (?, ?, ?)');
	for (let id = 1; id <= 9; id += 1) doctor.run(id, `Dr. ${'ABCDEFGHI'[id - 1]}ndersen`, specialties[id % 4] ?? '');
	const patient = database.prepare('INSERT INTO patients VALUES (?, ?, ?, ?)');
	const cities = ['Bergen', 'Oslo', 'Trondheim', 'Stavanger', 'Tromsø'];
	for (let id = 1; id <= 150; id += 1)
		patient.run(id, `Patient ${id}`, 1935 + next(85), cities[Math.min(next(5), next(6))] ?? '');
	const visit = database.prepare('INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?, ?)');
	const outcomes = ['recovered', 'follow-up', 'referred', 'admitted'];
	for (let id = 1; id <= 900; id += 1)
		visit.run(
			...([id, 1 + next(9), 1 + next(150), dayAfter('2023-02-01', next(800)), 5 + next(55)] as const),
			...([30 + next(4_000) / 10, outcomes[Math.min(next(4), next(5))] ?? ''] as const)
		);
}

function energy(): string {
	const next = numbers(37);
	const lines = ['month,region,source,produced_mwh,price_eur_per_mwh,co2_tons'];
	const sources = [
		['wind', 900, 0],
		['solar', 500, 0],
		['gas', 1_200, 0.41],
		['coal', 700, 0.93],
		['hydro', 650, 0]
	] as const;
	for (let month = 0; month < 48; month += 1)
		for (const region of ['North', 'South', 'East', 'West'])
			for (const [source, base, co2] of sources) {
				const produced = Math.round(base * (0.6 + next(80) / 100) * (source === 'coal' ? 1 - month / 60 : 1));
				const date = `${2021 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}-01`;
				lines.push([date, region, source, produced, 40 + next(900) / 10, Math.round(produced * co2)].join(','));
			}
	return `${lines.join('\n')}\n`;
}

function orders(): string {
	const next = numbers(53);
	const products = [
		['Kettle', 'kitchen', 39],
		['Toaster', 'kitchen', 45],
		['Desk lamp', 'office', 29],
		['Notebook', 'office', 6],
		['Yoga mat', 'sport', 25],
		['Football', 'sport', 19]
	] as const;
	const countries = ['France', 'Spain', 'Austria', 'Poland'];
	const lines = Array.from({ length: 800 }, (_, at) => {
		const [product, category, price] = products[Math.min(next(6), next(7))] ?? products[0];
		const quantity = 1 + Math.min(next(5), next(6));
		const ordered = new Date(Date.parse('2024-03-01T06:00:00Z') + next(400) * 86_400_000 + next(50_000) * 1_000);
		return JSON.stringify({
			...{ order_id: `A-${5_000 + at}`, ordered_at: ordered.toISOString(), customer: `C${next(120)}` },
			...{ country: countries[Math.min(next(4), next(5))], product, category, quantity },
			...{ amount: Number((quantity * price * (1 - next(20) / 100)).toFixed(2)), returned: next(11) === 0 }
		});
	});
	return `${lines.join('\n')}\n`;
}
