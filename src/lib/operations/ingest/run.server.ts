import { HeadwayError } from '../../jobs/error.ts';
import { defineRun } from '../operation.ts';
import { ingest } from './model.ts';

/** Not built yet. */
export default defineRun(ingest, async () => {
	throw new HeadwayError('internal', 'not built');
});
