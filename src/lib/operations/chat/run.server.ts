import { HeadwayError } from '../../jobs/error.ts';
import { defineRun } from '../operation.ts';
import { chat } from './model.ts';

/** Not built yet. */
export default defineRun(chat, async () => {
	throw new HeadwayError('internal', 'not built');
});
