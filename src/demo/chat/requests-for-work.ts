import type { Wish } from './wish.ts';

// A wish for a picture: what is to be seen is group 1.
const PICTURES: readonly RegExp[] = [
	// As an order only: conclusions are drawn too.
	/(?<=^|[.!?;:,]\s{0,5}|\b(?:please|can you|could you|would you|you to|and|then|now|first|also)\s{1,5})(?:draw|paint|sketch|illustrate)(?: me| us)?\s+(?:(?:a|an|the) (?:picture|image|drawing|painting|illustration|sketch) of\s+)?(.+)/iu,
	/\b(?:generate|create|make|produce|give me|show me|i (?:want|would like|need))(?: me| us)?\s+(?:an?|some|the)?\s*(?:\p{L}+ )?(?:picture|image|drawing|painting|illustration|logo|photo)s?\s+(?:of|with|showing|that shows|for)\s+(.+)/iu,
	/\b(?:zeichne|male)(?: mir| uns)?\s+(?:(?:ein|das) bild (?:von|mit)\s+)?(.+)/iu,
	// Elsewhere in a sentence it is the sign of a product, or a filler: „Erklär mir mal …“.
	/(?<=^|[.!?;:,]\s{0,5}|\b(?:bitte|und|dann)\s{1,5})mal(?: mir| uns)?\s+(?:(?:ein|das) bild (?:von|mit)\s+)?(?!\d)(.+)/iu,
	/\b(?:erzeuge|erstelle|mach)\w*(?: mir| uns)?\s+(?:ein )?(?:bild|zeichnung|logo)\s+(?:von|mit|für)\s+(.+)/iu,
	/\bdessine(?:-moi|z)?\s+(.+)/iu,
	/\b(?:crée|génère|fais)\w*(?:-moi)?\s+une? (?:image|dessin|illustration)\s+(?:de|d['’]|avec)\s*(.+)/iu,
	/\b(?:dibuja|pinta)(?:me)?\s+(.+)/iu,
	/\b(?:crea|genera|haz)(?:me)?\s+una? (?:imagen|dibujo|ilustración)\s+(?:de|con)\s+(.+)/iu
];

const RESEARCH: readonly RegExp[] = [
	/(?<=^|[.!?;:,]\s{0,5}|\b(?:please|can you|could you|would you|and|then|to|first|also)\s{1,5})(?:(?:do|start|run|begin) (?:some |a |another )?(?:deep |thorough |quick )?research (?:on|about|into)|(?:quickly |thoroughly )?research|investigate|look into|find out (?:everything|all|as much as possible) about)\s+(.+)/iu,
	/\b(?:recherchiere|untersuche|(?:starte|beginne) eine (?:gründliche |schnelle )?recherche (?:über|zu))\s+(.+)/iu,
	/\b(?:fais (?:une|des) recherches?(?: approfondies?)? sur|recherche en profondeur|enquête sur)\s+(.+)/iu,
	/\b(?:investiga|haz una investigación sobre)\s+(.+)/iu
];

/** Where one wish ends and the next one begins. */
const NEXT =
	/[.!?;\n]|,? (?:and|und|et|y)(?: then| also| dann| danach| ensuite| luego)? (?=(?:what|tell|calculate|compute|research|investigate|draw|paint|make|create|generate|how|when|who|where|give|show|search|find|zeichne|male|recherchiere|berechne|rechne|was|wie|dessine|calcule|recherche|dibuja|calcula|investiga|qué)\b)|,? then /iu;

/** The pictures that a message wishes for. */
export function picturesIn(message: string): Wish[] {
	return clausesBy(PICTURES, message).map(({ clause, from, to }) => ({
		...{ tool: 'image', arguments: { prompt: clause }, why: 'You asked for a picture.' },
		...{ aim: `make a picture of ${clause}`, from, to }
	}));
}

/** The researches that a message wishes for. */
export function researchesIn(message: string): Wish[] {
	return clausesBy(RESEARCH, message).map(({ clause, from, to }) => {
		const query = clause
			.replace(/[,]? (?:in depth|in detail|thoroughly|quickly|gründlich|en profondeur|a fondo)\b/i, '')
			.trim();
		return {
			...{ tool: 'research', arguments: { query, ...depthOf(message.slice(from, to)) } },
			...{ why: 'You asked for a research.', aim: `research ${query}`, from, to }
		};
	});
}

function depthOf(text: string): { depth?: string } {
	if (
		/\b(?:in depth|deep(?:ly)?|thorough(?:ly)?|everything|gründlich|en profondeur|approfondie?s?|a fondo)\b/i.test(text)
	)
		return { depth: 'deep' };
	return /\b(?:quick(?:ly)?|brief(?:ly)?|kurz|rapidement|rápid\w+)\b/i.test(text) ? { depth: 'quick' } : {};
}

/** What the patterns find, each clause of the message at most once. */
function clausesBy(patterns: readonly RegExp[], message: string): { clause: string; from: number; to: number }[] {
	const found: { clause: string; from: number; to: number }[] = [];
	for (const pattern of patterns) {
		const match = pattern.exec(message);
		const rest = match?.[1];
		if (!match || rest === undefined) continue;
		const start = match.index + match[0].length - rest.length;
		const [clause = ''] = rest.split(NEXT);
		const words = clause.replace(/[\s,]+(?:please|bitte|s['’]il (?:te|vous) plaît|por favor)$/i, '').trim();
		const to = start + clause.length;
		if (words.length > 1 && !found.some((other) => match.index < other.to && to > other.from))
			found.push({ clause: words, from: match.index, to });
	}
	return found;
}
