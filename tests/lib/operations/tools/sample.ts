/** An input that every test of the operation can start with. */
export default {
	calls: [
		{ id: 'sum', tool: 'calculator', arguments: { expression: '19.99 * 12' } },
		{ id: 'now', tool: 'current_time', arguments: { timeZone: 'Europe/Berlin' } },
		{ id: 'find', tool: 'search_knowledge', arguments: { question: 'What does it cost?' } },
		{ id: 'tax', tool: 'calculator', arguments: { expression: '239.88 * 0.19' }, after: ['sum'] }
	]
};
