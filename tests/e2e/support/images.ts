import pixelmatch from 'pixelmatch';
import type { Locator, Page } from 'playwright';
import { PNG } from 'pngjs';
import type { JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import type { ImageResult, ImageState } from '../../../src/lib/operations/image/model.ts';
import { idOf, open } from './headway.ts';

/** An image job as the HTTP doors tell of it. */
export type ImageJob = JobSnapshot<ImageState, ImageResult>;

/** Starts an image through the HTTP door. */
export async function startImage(url: string, input: object, options: object = {}): Promise<ImageJob> {
	const body = JSON.stringify({ operation: 'image', input, options });
	const answer = await fetch(`${url}/api/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body
	});
	if (answer.status !== 201) throw new Error(`POST /api/jobs answered ${answer.status}: ${await answer.text()}`);
	return (await answer.json()) as ImageJob;
}

/** An image job through the HTTP door, once it has ended. */
export async function endedImage(url: string, id: string): Promise<ImageJob> {
	return (await (await fetch(`${url}/api/jobs/${id}?wait=50`)).json()) as ImageJob;
}

/** Describes a picture at the home page and starts it. Resolves with the job's id once its page shows. */
export async function askForImage(page: Page, prompt: string, choices: Record<string, string> = {}): Promise<string> {
	await open(page, '/');
	await page.getByRole('radio', { name: 'Image', exact: true }).click();
	await page.getByLabel('Description').fill(prompt);
	for (const [label, value] of Object.entries(choices))
		await page.getByLabel(label, { exact: true }).selectOption(value);
	await page.keyboard.press('Control+Enter');
	await page.waitForURL(/\/jobs\/[\w-]+$/);
	return idOf(page);
}

/** How a stage looked at one moment: its lower half, where no badge is, and what its badge said. */
export interface Frame {
	picture: PNG;
	badge: string | null;
}

/** Takes frames of an element, one right after the other, until `done` says so. */
export async function film(stage: Locator, done: () => Promise<boolean>): Promise<Frame[]> {
	const frames: Frame[] = [];
	while (!(await done())) frames.push(await frameOf(stage));
	return frames;
}

/** One frame; the badge is told only if it did not change meanwhile. */
export async function frameOf(stage: Locator): Promise<Frame> {
	const badgeNow = async () => badgeIn((await stage.locator('[data-badge]').allInnerTexts())[0]);
	const before = await badgeNow();
	const whole = PNG.sync.read(await stage.screenshot({ animations: 'allow' }));
	const after = await badgeNow();
	return { picture: lowerHalf(whole), badge: before === after ? after : null };
}

/** What a badge says, without its time. */
export function badgeIn(text: string | undefined): string | null {
	return /^Preview (?:\d|–.*finished)/.exec(text ?? '')?.[0] ?? null;
}

function lowerHalf({ width, height, data }: PNG): PNG {
	const rows = Math.floor(height / 2);
	const half = new PNG({ width, height: rows });
	data.copy(half.data, 0, (height - rows) * width * 4);
	return half;
}

/** How much fine detail a picture has: the mean difference of neighbouring pixels' brightness, 0 to 255. */
export function detailOf({ width, height, data }: PNG): number {
	let sum = 0;
	for (let row = 0; row < height; row++)
		for (let column = 1; column < width; column++) {
			const place = (row * width + column) * 4;
			sum += Math.abs(brightness(data, place) - brightness(data, place - 4));
		}
	return sum / (height * (width - 1));
}

/** How differently bright the pixels of a picture are (standard deviation, 0 to 127): of a blank one, about nothing. */
export function contrastOf({ data }: PNG): number {
	const values = Array.from({ length: data.length / 4 }, (_, pixel) => brightness(data, pixel * 4));
	const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
	return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** The mean difference of two pictures' brightness, 0 to 255. */
export function distance(one: PNG, other: PNG): number {
	let sum = 0;
	for (let place = 0; place < one.data.length; place += 4)
		sum += Math.abs(brightness(one.data, place) - brightness(other.data, place));
	return sum / (one.data.length / 4);
}

/** The share of pixels that differ to the eye, 0 to 1. */
export function differing(one: PNG, other: PNG): number {
	return pixelmatch(one.data, other.data, undefined, one.width, one.height) / (one.width * one.height);
}

function brightness(data: Buffer, place: number): number {
	return 0.3 * (data[place] ?? 0) + 0.6 * (data[place + 1] ?? 0) + 0.1 * (data[place + 2] ?? 0);
}
