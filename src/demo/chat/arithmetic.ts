import type { Wish } from './wish.ts';

const NUMBER = String.raw`\d+(?:[.,]\d+)*`;
const OPEN = String.raw`(?:(?:sqrt|abs|log10|log2|log|exp|sin|cos|tan|round|floor|ceil)\s*\(|\(|-(?=[\d(]))\s*`;
const OPERAND = String.raw`(?:${OPEN})*${NUMBER}\s*[!%]?(?:\s*\))*`;
const OPERATOR = String.raw`\s*(?:\*\*|[-+*/^×÷−·]|\bmod\b)\s*`;
const FORMULA = new RegExp(
	String.raw`${OPERAND}(?:${OPERATOR}${OPERAND})+|(?:sqrt|abs|log10|log2|log|exp|sin|cos|tan)\s*\([^)\n]{1,60}\)`,
	'gi'
);

/** Operations in words; each becomes a sign before formulas are looked for. */
const SPOKEN: readonly (readonly [RegExp, string])[] = [
	[
		new RegExp(
			String.raw`(${NUMBER})\s*(?:%|percent|per cent|prozent|pour ?cent|por ciento)\s*(?:of|von|de)\s*(${NUMBER})`,
			'gi'
		),
		'$1 / 100 * $2'
	],
	[
		new RegExp(
			String.raw`(?:the )?(?:square root of|wurzel (?:aus|von)|racine carrée de|raíz cuadrada de)\s*(${NUMBER})`,
			'gi'
		),
		'sqrt($1)'
	],
	[new RegExp(String.raw`(${NUMBER})\s+(?:squared|zum quadrat|au carré|al cuadrado)`, 'gi'), '$1 ^ 2'],
	[new RegExp(String.raw`(${NUMBER})\s+cubed`, 'gi'), '$1 ^ 3'],
	[new RegExp(String.raw`(?<=[\d)]\s*)(?:to the power of|hoch|puissance|elevado a)(?=\s*[\d(s])`, 'gi'), '^'],
	[/(?<=[\d)]\s*)(?:divided by|geteilt durch|divisé par|dividido (?:por|entre))(?=\s*[\d(s])/gi, '/'],
	[
		/(?<=[\d)]\s*)(?:times|multiplied by|mal|multipliziert mit|fois|multiplié par|multiplicado por|por|x)(?=\s*[\d(s])/gi,
		'*'
	],
	[/(?<=[\d)]\s*)(?:plus|más|mas|et)(?=\s*[\d(s])/gi, '+'],
	[/(?<=[\d)]\s*)(?:minus|moins|menos)(?=\s*[\d(s])/gi, '-']
];

// Two numbers with a bare hyphen or slash are mostly a date, a range, a version or a telephone number.
const NO_SUM = /^\(?\d+(?:[-/]\d+)+$|^\d{4}\s*[-–]\s*\d{4}$/;
const ASKED_TO_CALCULATE =
	/\b(?:calculate|compute|work out|evaluate|what(?:['’]s| is)|how much is|rechne|berechne|was ist|wie viel ist|calcule[rz]?|combien font|calcula|cuánto es)\b/i;

const REST =
	/\b(?:what(?:['’]s| is) left|what remains|the rest|wie ?viel bleibt|was bleibt|combien (?:il )?reste|cu[áa]nto queda)/i;
const SHARE = /^(\S+) \/ 100 \* (\S+)$/;

/** The formulas of a message, each as a call of the calculator; after a share also what is left of the whole, if that is asked. */
export function arithmeticIn(message: string): Wish[] {
	const text = SPOKEN.reduce((spoken, [pattern, sign]) => spoken.replace(pattern, sign), message);
	return [...text.matchAll(FORMULA)].flatMap((found) => {
		if (NO_SUM.test(found[0].trim()) && !ASKED_TO_CALCULATE.test(message)) return [];
		// Only the order among the wishes counts, which the signs in place of words do not change.
		const at = (index: number) => Math.round((index / Math.max(1, text.length)) * message.length);
		const expression = plain(found[0]);
		return [wishFor(expression, at(found.index), at(found.index + found[0].length)), ...restOf(expression, message)];
	});
}

/** What is left of a whole after a share of it, if the message asks for that too. */
function restOf(expression: string, message: string): Wish[] {
	const [, share, whole] = SHARE.exec(expression) ?? [];
	const asked = REST.exec(message);
	if (share === undefined || whole === undefined || !asked) return [];
	return [wishFor(`${whole} - ${share} / 100 * ${whole}`, asked.index, asked.index + asked[0].length)];
}

function wishFor(expression: string, from: number, to: number): Wish {
	return {
		...{ tool: 'calculator', arguments: { expression }, why: 'The result has to be exact.' },
		...{ aim: `work out ${expression}`, from, to }
	};
}

/** Signs and numbers as a calculator takes them. */
function plain(formula: string): string {
	const signs = formula.replace(/×|·/g, '*').replace(/÷/g, '/').replace(/−/g, '-').replace(/\*\*/g, '^');
	const numbers = signs.replace(/\d+(?:[.,]\d+)+/g, plainNumber);
	return closed(numbers.replace(/\s+/g, ' ').trim());
}

/** Groups of three are thousands behind commas, and behind points when there are several; anything else is a fraction. */
function plainNumber(number: string): string {
	if (/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(number)) return number.replaceAll(',', '');
	if (/^\d{1,3}(?:\.\d{3})+,\d+$|^\d{1,3}(?:\.\d{3}){2,}$/.test(number))
		return number.replaceAll('.', '').replace(',', '.');
	return number.replace(',', '.');
}

function closed(formula: string): string {
	const open = (formula.match(/\(/g) ?? []).length - (formula.match(/\)/g) ?? []).length;
	if (open > 0) return formula + ')'.repeat(open);
	return open < 0 ? formula.replace(new RegExp(String.raw`\){${-open}}$`), '') : formula;
}
