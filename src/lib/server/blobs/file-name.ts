/** The longest name, in characters. */
const LONGEST = 200;

/** A name from outside as one that may be shown and offered for saving: the last part of a path, without control or direction characters, at most 200 characters, its ending kept. */
export function cleanName(name: string): string {
	const last = name.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
	// Cc and Cf: line breaks, and what turns the direction of writing around to hide an ending.
	const clean = last.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '').trim();
	if (/^\.*$/.test(clean)) return 'file';
	const characters = [...clean];
	if (characters.length <= LONGEST) return clean;
	const ending = /\.[^.]{1,20}$/.exec(clean)?.[0] ?? '';
	return characters.slice(0, LONGEST - [...ending].length).join('') + ending;
}
