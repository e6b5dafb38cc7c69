import { DatabaseSync } from 'node:sqlite';

const LONGEST = 100;

/** What is known under a name, in small letters: `constructor` is a name too, and every object answers to that one. */
export function knownAs<T>(facts: Readonly<Record<string, T>>, name: string): T | undefined {
	const key = name.toLowerCase();
	return Object.hasOwn(facts, key) ? facts[key] : undefined;
}

/** A name as SQL takes it, whatever is in it. */
export function quoted(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}

/** What a file's table is called: the beginning of its name, of letters, digits and underscores, so that it needs no quotes. */
export function tableName(file: string): string {
	const whole = file
		.replace(/(?:\.\w{1,8}){1,2}$/, '')
		.normalize('NFC')
		.replace(/[^\p{L}\p{N}]+/gu, '_')
		.replace(/^_+|_+$/g, '')
		.toLowerCase();
	const words = cut(whole, 60);
	if (words === '') return 'data';
	const name = /^\p{L}/u.test(words) && !words.startsWith('sqlite_') ? words : `table_${words}`;
	return isPlain(name) ? name : `${name}_table`;
}

/** Whether it can stand without quotes: `order` cannot. */
function isPlain(name: string): boolean {
	const database = new DatabaseSync(':memory:');
	try {
		database.exec(`CREATE TABLE ${name} (x)`);
		return true;
	} catch {
		return false;
	} finally {
		database.close();
	}
}

/** Column names that can stand side by side: blank ones get their number, and one that stood before gets a number too. */
export function columnNames(given: readonly string[]): string[] {
	const taken = new Set<string>();
	return given.map((name, place) => {
		// What is no whole letter becomes the same sign in SQLite, whatever it was: it must not tell two names apart here.
		const words = name.toWellFormed().replace(/[\s\x00-\x1f\x7f]+/g, ' ');
		const plain = cut(words.trim(), LONGEST) || `column_${place + 1}`;
		let unique = plain;
		for (let times = 2; taken.has(unique.toLowerCase()); times += 1) unique = `${plain}_${times}`;
		taken.add(unique.toLowerCase());
		return unique;
	});
}

/** The beginning of a text, of whole letters. */
function cut(text: string, most: number): string {
	return text.length <= most ? text : Array.from(text).slice(0, most).join('');
}
