import { HeadwayError } from '../../jobs/error.ts';
import { kindOf } from './process/file-kind.ts';
import { WrongInput } from './process/request.ts';

/** Throws `invalid_input`, at the field of that path, for a file whose first bytes say that it holds no table. */
export function refuseNoTable({ name, head }: { name: string; head: Buffer }, path: string): void {
	try {
		kindOf(head, name);
	} catch (error) {
		if (!(error instanceof WrongInput)) throw error;
		const { message } = error;
		throw new HeadwayError('invalid_input', message, { fields: [{ path, message }] });
	}
}
