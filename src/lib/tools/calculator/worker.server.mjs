// Runs in a thread of its own, as text (see thread.server.ts).
import { parentPort, workerData } from 'node:worker_threads';

const { all, create } = await import(workerData.mathjs);
const math = create(all, { number: 'BigNumber', precision: 64 });
const parse = math.parse;

// What could change the calculator, load something, run text as code, or give what is no value.
const forbidden = [
	...['import', 'config', 'createUnit', 'evaluate', 'parse', 'parser', 'compile', 'simplify', 'simplifyCore'],
	...['simplifyConstant', 'symbolicEqual', 'derivative', 'rationalize', 'resolve', 'leafCount', 'typed', 'chain'],
	...['help', 'reviver', 'replacer', 'random', 'randomInt', 'pickRandom', 'map', 'filter', 'forEach', 'print', 'format']
];
const nodes = new Set([
	...['ConstantNode', 'OperatorNode', 'ParenthesisNode', 'SymbolNode', 'FunctionNode', 'ArrayNode'],
	...['ConditionalNode', 'RelationalNode']
]);

/** The value as text: a number to 15 digits unless it is whole. Throws a sentence for what is no value. */
function told(value) {
	if (typeof value === 'boolean') return String(value);
	if (math.isBigNumber(value) && value.isNaN()) throw new Error('This has no value.');
	if (math.isBigNumber(value) && !value.isFinite()) throw new Error('This divides by zero or is too large.');
	if (math.isBigNumber(value) && value.isInteger() && value.abs().lt('1e21')) return value.toFixed();
	if (['function', 'string', 'undefined'].includes(typeof value) || value === null)
		throw new Error('This is no calculation.');
	const text = math.format(value, { precision: 15, upperExp: 21, lowerExp: -9 });
	if (text.length > 4_000) throw new Error('The result is too long to show. Ask for less at once.');
	return text;
}

function work(expression) {
	const tree = parse(expression);
	tree.traverse((node) => {
		if (!nodes.has(node.type)) throw new Error(`A calculation cannot hold ${words[node.type] ?? 'this'}.`);
		const name = node.type === 'FunctionNode' ? node.fn.name : node.type === 'SymbolNode' ? node.name : undefined;
		if (name !== undefined && forbidden.includes(name)) throw new Error(`"${name}" cannot be used here.`);
		if (node.type === 'FunctionNode' && node.fn.type !== 'SymbolNode') throw new Error('Call a function by its name.');
	});
	return told(tree.compile().evaluate({}));
}
const words = {
	AssignmentNode: 'an assignment',
	FunctionAssignmentNode: 'a function of its own',
	BlockNode: 'more than one expression',
	AccessorNode: 'a property',
	IndexNode: 'an index',
	ObjectNode: 'an object',
	RangeNode: 'a range'
};

parentPort.on('message', (expression) => {
	try {
		parentPort.postMessage({ value: work(expression) });
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		parentPort.postMessage({ problem: /[.!?]$/.test(message) ? message : `${message}.` });
	}
});
parentPort.postMessage({ ready: true });
