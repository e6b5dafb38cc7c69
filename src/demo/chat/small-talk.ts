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
	if (kind === 'who' || kind === 'feeling') return text.length <= 120 ? kind : null;
	return contentWords(text.replace(pattern, '')).length <= MOST_WORDS && !/[?？]/.test(text) ? kind : null;
}

/** Whether a message only tells something of the person, and asks for nothing. */
export function tellsOnly(message: string): boolean {
	const tells =
		/^(?:please )?(?:remember|note|keep in mind|my|i am|i['’]m|i live|i work|i prefer|i like|merk|ich bin|ich heiße|mein|je suis|je m|mon|soy|me llamo|recuerda)(?![\p{L}])/iu;
	return tells.test(message.trim()) && !/[?？]/.test(message);
}
