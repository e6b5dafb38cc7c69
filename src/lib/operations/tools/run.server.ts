import { HeadwayError } from '../../jobs/error.ts';
import { defineRun } from '../operation.ts';
import { tools } from './model.ts';

/** Not built yet. */
export default defineRun(tools, async () => {
	throw new HeadwayError('internal', 'not built');
});
