import { defineToolRun } from '../tool.ts';
import { calculator } from './model.ts';
import { CalculatorThread } from './thread.server.ts';

/** Begins with the first expression. */
const thread = new CalculatorThread();

/** Works an expression out in a thread of its own, so that none can hold up the server. */
export default defineToolRun(calculator, async ({ expression }, { signal }) => ({
	expression,
	value: await thread.work(expression, signal)
}));
