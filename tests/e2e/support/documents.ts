import type { Page } from 'playwright';
import type { JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import type { DocumentResult, DocumentState } from '../../../src/lib/operations/document/model.ts';
import { idOf, open } from './headway.ts';

/** A document as the HTTP doors tell of it. */
export type DocumentJob = JobSnapshot<DocumentState, DocumentResult>;

/** Starts a document through the HTTP door. */
export async function startDocument(url: string, input: object): Promise<DocumentJob> {
	const answer = await fetch(`${url}/api/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ operation: 'document', input })
	});
	if (answer.status !== 201) throw new Error(`POST /api/jobs answered ${answer.status}: ${await answer.text()}`);
	return (await answer.json()) as DocumentJob;
}

/** A document through the HTTP door, as it is now; with `wait`, once it has ended. */
export async function documentJob(url: string, id: string, wait = false): Promise<DocumentJob> {
	return (await (await fetch(`${url}/api/jobs/${id}${wait ? '?wait=50' : ''}`)).json()) as DocumentJob;
}

/** Fills in a brief at the home page and starts it. Resolves with the job's id once its page shows. */
export async function askForDocument(
	page: Page,
	brief: string,
	choices: { format?: string; review?: boolean } = {}
): Promise<string> {
	await open(page, '/');
	await page.getByRole('radio', { name: 'Document', exact: true }).click();
	await page.getByLabel('Brief').fill(brief);
	await page.getByRole('radio', { name: choices.format ?? 'Word', exact: true }).click();
	if (choices.review) await page.getByRole('switch', { name: 'Review the outline first' }).click();
	await page.keyboard.press('Control+Enter');
	await page.waitForURL(/\/jobs\/[\w-]+$/);
	return idOf(page);
}
