import type { ArtifactFile, RunContext } from './operation.ts';

/** Keeps a result as a file too. A disk that is full must not cost the result, which was paid for: that is only said. `what` it is, such as `report`. */
export async function keepAsFile(
	file: ArtifactFile,
	what: string,
	ctx: Pick<RunContext, 'artifact' | 'log' | 'notice' | 'signal'>
): Promise<void> {
	try {
		await ctx.artifact(file);
	} catch (error) {
		if (ctx.signal.aborted) throw error;
		ctx.log.warn({ error: String(error) }, `the ${what} could not be stored as a file`);
		const message = `The ${what} could not be stored as a file. It is whole here; check the disk of the server.`;
		ctx.notice('warning', 'artifact_failed', message);
	}
}
