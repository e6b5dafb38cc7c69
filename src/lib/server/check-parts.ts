import { HeadwayError } from '../jobs/error.ts';
import type { Part } from '../operations/operation.ts';

/** As many wrong fields as one answer names. */
const NAMED = 20;

/** Checks what a job will start, each part as a job of its own. Throws `invalid_input` with each wrong field where it stands in the whole input. */
export async function checkParts(parts: readonly Part[], check: (part: Part) => Promise<unknown>): Promise<void> {
	const wrong = new Map<string, string>();
	for (const part of parts) for (const { path, message } of await wrongIn(part, check)) wrong.set(path, message);
	const fields = [...wrong].slice(0, NAMED).map(([path, message]) => ({ path, message }));
	const [first] = fields;
	if (first) throw new HeadwayError('invalid_input', `${first.path}: ${first.message}`, { fields });
}

async function wrongIn(
	part: Part,
	check: (part: Part) => Promise<unknown>
): Promise<{ path: string; message: string }[]> {
	try {
		await check(part);
		return [];
	} catch (error) {
		if (!(error instanceof HeadwayError)) throw error;
		if (error.code === 'unknown_operation') return [{ path: 'input.operation', message: error.message }];
		if (error.code !== 'invalid_input') throw error;
		const fields = error.fields ?? [{ path: 'input', message: error.message }];
		return fields.map(({ path, message }) => ({
			path: `input.${part.at(path.replace(/^input\.?/, ''))}`,
			message
		}));
	}
}
