/** Something that the message asks a tool for. */
export interface Wish {
	tool: string;
	arguments: Record<string, unknown>;
	why: string;
	/** For the goal: what is done, beginning in lower case. */
	aim: string;
	/** Where in the message it is asked for. */
	from: number;
	to: number;
}
