/** An input that every test of the operation can start with. */
export default {
	operation: 'research',
	inputs: [
		{ query: 'How does caffeine affect sleep?', depth: 'quick' },
		{ query: 'How do tides work?', depth: 'quick' }
	]
};
