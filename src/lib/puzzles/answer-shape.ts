const text = { type: 'string' };
const list = (items: object) => ({ type: 'array', items });

/** What a model answers about a puzzle, as JSON Schema. Limits are checked by us: strict modes refuse a schema that states them. */
export const answerShape = {
	type: 'object',
	properties: {
		...{ pattern: text, strategy: text, hints: list(text) },
		predictions: list(list(list({ type: 'integer' }))),
		confidence: { type: 'number' }
	},
	required: ['pattern', 'strategy', 'hints', 'predictions', 'confidence'],
	additionalProperties: false
};
