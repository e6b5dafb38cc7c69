/** An input that every test of the operation can start with. */
export default { question: 'How many rides started in each district?', source: { name: 'bike-rides' } };
