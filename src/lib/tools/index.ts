import { calculator } from './calculator/model.ts';
import { currentTime } from './current_time/model.ts';
import { image } from './image/model.ts';
import { queryTable } from './query_table/model.ts';
import { readDocument } from './read_document/model.ts';
import { research } from './research/model.ts';
import { searchKnowledge } from './search_knowledge/model.ts';
import type { AnyTool } from './tool.ts';

/** The tools that come with the app, in the order that a model reads them. Adding a tool is its folder and one line here. */
export const tools: readonly AnyTool[] = [
	searchKnowledge,
	readDocument,
	calculator,
	currentTime,
	queryTable,
	research,
	image
];
