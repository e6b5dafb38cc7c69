/** An input that every test of the operation can start with. */
export default { query: 'How does caffeine affect sleep?', depth: 'quick' };
