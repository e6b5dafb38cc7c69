/** The second pair and the test ask for more than the first pair shows: one program is not enough. */
export default {
	puzzle: {
		train: [
			{ input: [[1]], output: [[1]] },
			{
				input: [
					[1, 2],
					[3, 4]
				],
				output: [
					[3, 1],
					[4, 2]
				]
			},
			{
				input: [
					[5, 0, 0],
					[5, 5, 0]
				],
				output: [
					[5, 5],
					[5, 0],
					[0, 0]
				]
			}
		],
		test: [{ input: [[7, 8, 9]], output: [[7], [8], [9]] }]
	},
	iterations: 3
};
