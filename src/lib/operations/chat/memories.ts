import { z } from 'zod';
import { jsonIn } from '../../text/json-in.ts';

/** What one turn may add, and how long one memory may be. */
const MOST = 3;
const LONGEST = 300;

const shape = z.object({ memories: z.array(z.string()) });

/** Words by which a person speaks of themselves, or asks for something to be kept, in the languages that we can read. */
const personal = new RegExp(
	[
		String.raw`(?<!\p{L})(i|i[’']m|i[’']ve|my|mine|me|we|our|us|remember|keep in mind|always|never|from now on)(?!\p{L})`,
		String.raw`(?<!\p{L})(ich|mein|meine[nmrs]?|mir|mich|wir|unser|unsere[nmrs]?|merk|merke|immer|nie|ab jetzt)(?!\p{L})`,
		String.raw`(?<!\p{L})(je|j[’']|mon|ma|mes|moi|nous|notre|nos|retiens|toujours|jamais|désormais)(?!\p{L})|(?<!\p{L})j[’']`,
		String.raw`(?<!\p{L})(yo|soy|estoy|mi|mis|me|nosotros|nuestr[oa]s?|recuerda|siempre|nunca|io|sono|mio|mia|eu|sou|meu|minha)(?!\p{L})`,
		'我|我们|记住|私|僕|俺|覚えて|я|мой|моя|мне|мы|наш|запомни'
	].join('|'),
	'iu'
);

/** Whether a message may say something about the person: only then a model is asked what of it to keep. */
export function mayBePersonal(message: string): boolean {
	return personal.test(message.slice(0, 20_000));
}

/** What a model wants kept: short sentences, no secrets. An answer that is no such list keeps nothing. */
export function readMemories(answer: string): string[] {
	const read = shape.safeParse(jsonIn(answer));
	if (!read.success) return [];
	const texts = read.data.memories.map((text) => text.replace(/\s+/g, ' ').trim());
	const fit = texts.filter((text) => text !== '' && text.length <= LONGEST && !isSecret(text));
	return [...new Set(fit)].slice(0, MOST);
}

/** Keys, passwords, card and account numbers: they are kept nowhere. */
function isSecret(text: string): boolean {
	if (
		/\b(password|passwort|passphrase|mot de passe|contraseña|api[ -]?key|secret key|access token|pin code)\b/i.test(
			text
		)
	)
		return true;
	if (/\b(sk|pk|ghp|gho|xox[abp]|AKIA)[-_]?[A-Za-z0-9_-]{12,}/.test(text)) return true;
	return /(?:\d[ -]?){13,19}/.test(text);
}
