import { z } from 'zod';
import { jsonIn } from '../../text/json-in.ts';
import { plan as planShape, type Plan } from './model.ts';

/** What an answer turned out to be: a plan with what is wrong in it as far as reading tells; null when it is none. */
export type PlanReading = { plan: Plan; problems: string[] } | null;

type Call = Plan['calls'][number];

const loose = z.looseObject({});
const anyList = z.array(z.unknown());

/** Reads a plan from a model's answer, with the names and shapes that models use. */
export function readPlan(answer: string): PlanReading {
	const whole = loose.safeParse(jsonIn(answer)).data;
	const found = loose.safeParse(whole?.plan).data ?? whole;
	if (!found) return null;
	const list = anyList.safeParse(found.calls ?? found.steps ?? found.tools).data;
	if (!list) return null;
	const problems: string[] = [];
	const named = list.slice(0, 20).map((value, at) => ({ raw: loose.safeParse(value).data ?? {}, id: idOf(value, at) }));
	const renamed = new Map(named.map(({ raw, id }) => [text(raw.id), id]));
	const calls = named.map(({ raw, id }) => callOf(raw, id, renamed, problems));
	const read = planShape.safeParse({ goal: text(found.goal).slice(0, 1_000), calls });
	if (read.success) return { plan: read.data, problems };
	const [issue] = read.error.issues;
	return {
		plan: { goal: text(found.goal).slice(0, 1_000), calls: [] },
		problems: [`The plan is not valid: ${issue?.path.join('.')}: ${issue?.message}`]
	};
}

function idOf(value: unknown, at: number): string {
	const given = text(loose.safeParse(value).data?.id);
	return /^[a-z0-9_-]{1,40}$/i.test(given) ? given : `a${at + 1}`;
}

function callOf(
	raw: Record<string, unknown>,
	id: string,
	renamed: ReadonlyMap<string, string>,
	problems: string[]
): Call {
	const after = anyList.safeParse(raw.after ?? raw.depends_on ?? []).data ?? [];
	return {
		id,
		tool: text(raw.tool ?? raw.name).slice(0, 120) || 'unnamed',
		arguments: argumentsOf(raw.arguments ?? raw.args ?? {}, id, problems),
		after: [...new Set(after.map((other) => renamed.get(text(other)) ?? text(other).slice(0, 40)))].slice(0, 20),
		why: text(raw.why).slice(0, 500)
	};
}

function argumentsOf(value: unknown, id: string, problems: string[]): Record<string, unknown> {
	const read = loose.safeParse(typeof value === 'string' ? jsonIn(value.trim() === '' ? '{}' : value) : value);
	if (read.success) return read.data;
	problems.push(`The arguments of call "${id}" are not a JSON object.`);
	return {};
}

const text = (value: unknown): string =>
	typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
