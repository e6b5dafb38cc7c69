import type { ArgumentSchema, OfferedTool } from './offered.ts';
import type { Wish } from './wish.ts';
import { contentWords, folded, hasWord } from './words.ts';

// So many words of the message have to be in what a tool says of itself; one in its name weighs as much.
const SHARED = 2;

/** A call of each tool whose name and description share words with the message, where its arguments can be filled. */
export function remoteCalls(message: string, tools: readonly OfferedTool[]): Wish[] {
	const words = contentWords(message);
	return tools.flatMap((tool) => {
		const name = contentWords(spaced(tool.id.slice(tool.id.indexOf('.') + 1)));
		// What comes after the first sentences is for other readers, and no description gives orders here.
		const about = contentWords(tool.description.slice(0, 300));
		const shared = words.filter((word) => hasWord(about, word)).length;
		const named = name.filter((word) => hasWord(words, word)).length;
		if (named === 0 || named * SHARED + shared < SHARED + Math.min(1, name.length - 1)) return [];
		const args = filled(message, tool.schema, name);
		return args === null ? [] : [callOf(message, tool, args)];
	});
}

function callOf(message: string, tool: OfferedTool, args: Record<string, unknown>): Wish {
	return {
		...{ tool: tool.id, arguments: args, why: 'Its description fits what you asked.' },
		...{ aim: `ask ${tool.id}`, from: 0, to: message.length }
	};
}

/** Arguments from the message; null when one that is required is not there. */
function filled(message: string, schema: ArgumentSchema, name: readonly string[]): Record<string, unknown> | null {
	const quotes = [...message.matchAll(/["“‘«„]([^"”’»“]+)["”’»“]/g)].map(([, text = '']) => text);
	const numbers = [...message.matchAll(/-?\d+(?:\.\d+)?/g)].map(([number]) => Number(number));
	const args: Record<string, unknown> = {};
	for (const [key, property] of Object.entries(schema.properties ?? {})) {
		const required = schema.required?.includes(key) ?? false;
		const value = valueFor(key, property, { message, quotes, numbers, name, required });
		if (value !== undefined) args[key] = value;
		else if (required) return null;
	}
	return args;
}

interface Said {
	message: string;
	/** What stands in quotation marks, and the numbers; each is used once. */
	quotes: string[];
	numbers: number[];
	/** The words of the tool's name. */
	name: readonly string[];
	required: boolean;
}

function valueFor(key: string, property: ArgumentSchema, said: Said): unknown {
	const [type = 'string'] = [property.type ?? 'string'].flat().filter((each) => each !== 'null');
	if (property.enum) {
		const named = property.enum.find((value) => folded(said.message).includes(folded(String(value))));
		return named ?? (said.required ? (property.default ?? property.enum[0]) : undefined);
	}
	if (type === 'number' || type === 'integer')
		return said.numbers.find((_, at, all) => all.splice(at, 1)) ?? property.default;
	if (type === 'boolean') return said.required ? (property.default ?? false) : undefined;
	if (type === 'array') return said.quotes.length > 0 ? said.quotes.splice(0) : undefined;
	if (type === 'string') return textFor(key, property, said);
	return undefined;
}

function textFor(key: string, property: ArgumentSchema, said: Said): unknown {
	const quote = said.quotes.shift();
	if (quote !== undefined) return quote;
	if (/city|place|location|country|town|where|address/i.test(key)) return placeIn(said.message);
	if (!said.required) return undefined;
	const [, spoken] = /(?:\bto\b|\bfor\b|\bof\b|\bwith\b|:)\s+(.+?)[.!?]*$/i.exec(said.message) ?? [];
	if (/query|question|text|message|prompt|search|term|topic|q$/i.test(key))
		return /:/.test(said.message) ? (spoken ?? said.message) : said.message;
	// The words that are neither the tool's own nor those of the sentence around them.
	const rest = contentWords(said.message).filter((word) => !hasWord(said.name, word));
	return spoken ?? (rest.length > 0 ? rest.join(' ') : (property.default ?? said.message));
}

function placeIn(message: string): string | undefined {
	const [, place] =
		/\b(?:in|at|for|near|from|of|à|en|für|bei)\s+(\p{Lu}[\p{L}'’-]*(?:\s+\p{Lu}[\p{L}'’-]*)*)/u.exec(message) ?? [];
	return place;
}

function spaced(name: string): string {
	return name.replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2').replace(/[_.-]+/g, ' ');
}
