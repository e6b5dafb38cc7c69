import type { Page } from 'playwright';
import type { Headway } from './headway.ts';
import { open } from './headway.ts';

/** A conversation as `GET /api/conversations/:id` tells of it. */
export interface ToldConversation {
	id: string;
	title: string;
	turns: { jobId: string; message: string; answer: string; status: string }[];
}

/** The field that a message is written in. */
export const messageField = (page: Page) => page.getByRole('textbox', { name: 'Message' });

/** A turn on the page, from 0. */
export const turnAt = (page: Page, place: number) => page.locator('article[data-turn]').nth(place);

/** The answer of a turn as it is shown. */
export const answerAt = (page: Page, place: number) => turnAt(page, place).locator('[data-answer] .prose');

/** Opens a new conversation and sends its first message by keyboard. Resolves with its id once its page shows. */
export async function begin(page: Page, message: string): Promise<string> {
	await open(page, '/chat');
	await say(page, message);
	await page.waitForURL(/\/chat\/job_\w+/);
	return new URL(page.url()).pathname.replace('/chat/', '');
}

/** Sends a message by keyboard. */
export async function say(page: Page, message: string): Promise<void> {
	await messageField(page).fill(message);
	await messageField(page).press('Enter');
}

/** Waits until a turn has this status. */
export async function untilTurn(page: Page, place: number, status: string): Promise<void> {
	await turnAt(page, place)
		.and(page.locator(`[data-status=${status}]`))
		.waitFor({ timeout: 40_000 });
}

/** Waits until a turn's answer has so many characters. */
export async function untilWritten(page: Page, place: number, length: number): Promise<void> {
	await page.waitForFunction(
		([index, least]) => {
			const turn = document.querySelectorAll('article[data-turn]')[index as number];
			return (turn?.querySelector('[data-answer] .prose')?.textContent.length ?? 0) >= (least as number);
		},
		[place, length],
		{ timeout: 40_000 }
	);
}

/** A conversation as the server has it. */
export async function told(headway: Headway, id: string): Promise<ToldConversation> {
	return (await (await fetch(`${headway.url}/api/conversations/${id}`)).json()) as ToldConversation;
}

/** Adds a document to the knowledge base by the composer, and waits until it has been read. */
export async function addDocument(page: Page, name: string, text: string): Promise<void> {
	const files = [{ name, mimeType: 'text/markdown', buffer: Buffer.from(text) }];
	await page.getByLabel('Add documents or tables').setInputFiles(files);
	await page.getByText('In your knowledge base').waitFor({ timeout: 30_000 });
}
