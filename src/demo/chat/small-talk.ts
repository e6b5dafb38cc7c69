import { contentWords } from './words.ts';

/** The kinds of small talk that the demo has a reply to. */
export type SmallTalk = 'greeting' | 'thanks' | 'farewell' | 'who' | 'feeling';

const KINDS: readonly (readonly [SmallTalk, RegExp])[] = [
	[
		'who',
		/\b(?:who|what) are you\b|\bwhat can (?:you|i) (?:do|ask)|\bhow (?:do|can) (?:you|i) (?:work|help|use)\b|\bare you (?:an? )?(?:ai|bot|human|real|language model)|^help[.!?]*$|\b(?:wer|was) bist du|\bwas kannst du|\bqui es-tu|\bque (?:peux|sais)-tu faire|\bqu['’]est-ce que tu (?:peux|sais) faire|\bqui[eé]n eres|\bqu[eé] (?:puedes|sabes) hacer|你是谁|你能做什么|あなたは誰|何ができ/iu
	],
	[
		'feeling',
		/\bhow are you\b|\bhow(?:['’]s| is) it going|\bwie geht(?:['’]?s| es)|\b(?:comment )?ça va\b|\bcomment vas-tu|\b(?:qué tal|cómo estás)/iu
	],
	[
		'thanks',
		/^(?:(?:ok|okay|great|perfect|super|cool)[,!. ]*)?(?:(?:many )?thanks|thank you|thx|cheers|danke|vielen dank|merci|(?:muchas )?gracias|谢谢|ありがとう)/iu
	],
	[
		'farewell',
		/^(?:(?:good)?bye|see you|good night|tschüss|auf wiedersehen|gute nacht|au revoir|bonne nuit|adiós|hasta luego|buenas noches|再见|さようなら)/iu
	],
	[
		'greeting',
		/^(?:hi|hello|hey|good (?:morning|afternoon|evening)|greetings|howdy|hallo|guten (?:morgen|tag|abend)|moin|servus|salut|bonjour|bonsoir|hola|buen(?:os|as) (?:días|tardes)|你好|こんにちは)(?![\p{L}])/iu
	]
];

// With more words than this a greeting only opens a message that is about something.
const MOST_WORDS = 3;

/** What small talk a message is; null for one that asks for something. */
export function smallTalk(message: string): SmallTalk | null {
	const text = message.trim();
	const [kind, pattern] = KINDS.find(([, each]) => each.test(text)) ?? [];
	if (!kind || !pattern) return null;
	if (contentWords(text.replace(pattern, '')).length > MOST_WORDS) return null;
	if (kind === 'who' || kind === 'feeling') return text.length <= 120 ? kind : null;
	return /[?？]/.test(text) ? null : kind;
}

const TELLS =
	/^(?:please )?(?:remember|note|keep in mind|my|i am|i['’]m|i live|i work|i prefer|i like|merk|ich bin|ich heiße|mein|je suis|je m|mon|soy|me llamo|recuerda)(?![\p{L}])/iu;
// How a sentence begins, or goes on behind an "and", that wants something of whom it is said to.
const ORDERS =
	'what|why|how|who|whose|when|which|tell|explain|describe|list|show|give|compare|define|find|summari[sz]e|translate|write|help|can you|could you|would you|' +
	'warum|wieso|wie|wer|wann|welche[rsnm]?|erkläre?|beschreibe?|nenne?|zeige?|gib|vergleiche?|hilf|schreibe?|übersetze?|sag|kannst du|' +
	'pourquoi|comment|qui|quand|quel(?:le)?s?|explique[rz]?(?:-moi)?|décris|montre(?:-moi)?|donne(?:-moi)?|dis-moi|peux-tu|' +
	'qué|por qué|cómo|quién|cuándo|dónde|cuál|explica(?:me)?|explícame|muéstra(?:me)?|dime|dame|puedes';
const WANTS = new RegExp(
	`(?:^|[.!;:\\n]\\s*|(?<!\\p{L})(?:and|but|so|und|aber|et|mais|y|pero) )(?:please |bitte )?(?:${ORDERS})(?!\\p{L})`,
	'iu'
);

/** Whether a message only tells something of the person, and asks for nothing. */
export function tellsOnly(message: string): boolean {
	return TELLS.test(message.trim()) && !/[?？]/.test(message) && !WANTS.test(message);
}

/** What a message asks, without what it tells before and without its order: “I am Bob. Tell me what tides are.” asks what tides are. */
export function wantOf(message: string): string {
	const told = TELLS.test(message.trim());
	const want = WANTS.exec(message);
	const rest = want && (told || want.index === 0) ? message.slice(want.index + want[0].length).trim() : '';
	return contentWords(rest).length > 0 ? rest : message;
}
