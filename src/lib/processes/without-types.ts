import { stripTypeScriptTypes } from 'node:module';

/** A TypeScript file's text as plain JavaScript, for a process that is given it as text. Node warns that it is new, though it is how it runs such files itself: nobody can do anything about that. */
export function withoutTypes(text: string): string {
	const { emitWarning } = process;
	process.emitWarning = () => undefined;
	try {
		return stripTypeScriptTypes(text);
	} finally {
		process.emitWarning = emitWarning;
	}
}
