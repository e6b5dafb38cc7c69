/** What the demo answers about a puzzle, and what it says that it thinks meanwhile. */
export interface PuzzlePart {
	thought: string;
	text: string;
}
