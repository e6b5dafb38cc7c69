import { z } from 'zod';
import { jsonIn } from '../../text/json-in.ts';
import { outline, type Outline } from './model.ts';

/** What an answer turned out to be: an outline, or why it is none, in words for the model that is to repair it. */
export type OutlineReading = { ok: true; outline: Outline } | { ok: false; problem: string };

/** Reads an outline from a model's answer: plain JSON, JSON in a fence or between words, with the field names that models use. */
export function readOutline(answer: string): OutlineReading {
	const found = jsonIn(answer);
	if (found === undefined) return { ok: false, problem: 'it is not JSON' };
	const read = outline.safeParse(tidied(found));
	if (read.success) return { ok: true, outline: read.data };
	const [issue] = read.error.issues;
	return { ok: false, problem: `${issue?.path.join('.') || 'the object'}: ${issue?.message}` };
}

const loose = z.looseObject({});

/** An answer in another model's manner, in ours: other names for fields, plain strings for sections, texts that are too long. */
function tidied(value: unknown): unknown {
	const whole = loose.safeParse(value).data;
	if (!whole) return value;
	const inner = loose.safeParse(whole.outline).data ?? whole;
	const { title, sections, chapters } = inner;
	const list = sections ?? chapters;
	return {
		title: cut(title, 200),
		sections: Array.isArray(list) ? list.slice(0, 30).map(tidiedSection) : list
	};
}

function tidiedSection(value: unknown): unknown {
	if (typeof value === 'string') return { heading: cut(value, 200), points: [] };
	const { heading, title, name, points, bullets, items } = loose.safeParse(value).data ?? {};
	const list = [points, bullets, items].find(Array.isArray) ?? [];
	const texts = list.filter((point): point is string => typeof point === 'string' && point.trim() !== '');
	return { heading: cut(heading ?? title ?? name, 200), points: texts.slice(0, 20).map((point) => cut(point, 500)) };
}

const cut = (value: unknown, most: number) => (typeof value === 'string' ? value.trim().slice(0, most) : value);
