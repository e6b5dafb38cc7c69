import { HeadwayError } from '../jobs/error.ts';
import type { AnyModel } from '../operations/operation.ts';
import type { Uploads } from './blobs/uploads.ts';
import type { JobQueries } from './job-queries.ts';

/** Throws `invalid_input` for the first file or job that an input refers to and its owner does not have, with the path of its field where the input names it. */
export async function checkReferences(
	owner: string,
	{ model, input }: { model: AnyModel; input: unknown },
	{ uploads, queries }: { uploads: Uploads; queries: JobQueries }
): Promise<void> {
	const { files = [], jobs = [] } = model.refersTo?.(input) ?? {};
	const known = async (id: string, get: () => Promise<unknown>, what: string) => {
		if (!(await exists(get))) throw unknown(input, id, what);
	};
	for (const id of files) await known(id, () => uploads.get(owner, id), 'file');
	for (const id of jobs) await known(id, () => queries.get(owner, id), 'job');
}

async function exists(get: () => Promise<unknown>): Promise<boolean> {
	try {
		await get();
		return true;
	} catch (error) {
		if (error instanceof HeadwayError && error.code === 'not_found') return false;
		throw error;
	}
}

function unknown(input: unknown, id: string, what: string): HeadwayError {
	const path = pathOf(input, id);
	const message = `You have no ${what} "${id.slice(0, 60)}". It may have been deleted.`;
	return new HeadwayError('invalid_input', message, {
		fields: path ? [{ path: ['input', ...path].join('.'), message: `refers to a ${what} that is not there` }] : []
	});
}

/** Where a value stands in an input; null when it stands nowhere as it is. */
function pathOf(value: unknown, wanted: string): string[] | null {
	if (value === wanted) return [];
	if (typeof value !== 'object' || value === null) return null;
	for (const [name, part] of Object.entries(value)) {
		const path = pathOf(part, wanted);
		if (path) return [name, ...path];
	}
	return null;
}
