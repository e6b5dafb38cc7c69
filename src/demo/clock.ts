/** The clock of the demo: `pace` holds for responses that are created from now on. */
export interface Clock {
	now: () => number;
	pace: number;
}
