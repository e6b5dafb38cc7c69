/** Where a reader is in each job that it follows. */
export type JobCursor = { jobId: string; after: number };

/** The SSE id of a frame: the log's epoch and one cursor a job, e.g. `9f2c1a00;job_1:12,job_2:40`. */
export function writeCursor(logEpoch: string, cursors: readonly JobCursor[]): string {
	return `${logEpoch};${cursors.map(({ jobId, after }) => `${jobId}:${after}`).join(',')}`;
}

/** A seq that no log has: the reader is sent a snapshot. */
const OTHER_LOG = Number.MAX_SAFE_INTEGER;

/** Moves what a reader follows to where its last id says it was. An id of another log (a restored backup) counts as the future, for which there is a snapshot; nonsense is ignored. */
export function readCursor(
	lastEventId: string | undefined,
	logEpoch: string,
	follow: readonly JobCursor[]
): JobCursor[] {
	if (!lastEventId) return [...follow];
	const [epoch, list = ''] = lastEventId.split(';');
	const known = new Map(list.split(',').map((entry) => parse(entry)));
	return follow.map(({ jobId, after }) => {
		const seen = known.get(jobId);
		if (seen === undefined) return { jobId, after };
		return { jobId, after: epoch === logEpoch ? seen : OTHER_LOG };
	});
}

function parse(entry: string): [string, number] {
	const [jobId = '', after = ''] = entry.split(':');
	return [jobId, /^\d{1,15}$/.test(after) ? Number(after) : OTHER_LOG];
}
