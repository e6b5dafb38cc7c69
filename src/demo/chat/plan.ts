import { arithmeticIn } from './arithmetic.ts';
import { clockIn } from './clock-question.ts';
import { knowledgeQuestion } from './knowledge-question.ts';
import { documentsOffered, tablesOffered, toolsOffered } from './offered.ts';
import type { OfferedTool } from './offered.ts';
import type { Sections } from './prompt-sections.ts';
import { remoteCalls } from './remote-call.ts';
import { picturesIn, researchesIn } from './requests-for-work.ts';
import { tableQuestion } from './table-question.ts';
import type { Wish } from './wish.ts';

/** A plan as the chat's schema has it: the arguments of a call are JSON text. */
export interface WrittenPlan {
	goal: string;
	calls: { id: string; tool: string; arguments: string; after: string[]; why: string }[];
}

// A turn runs no more calls than this.
const MOST_CALLS = 12;
const SHIPPED = new Set([
	'search_knowledge',
	'read_document',
	'calculator',
	'current_time',
	'query_table',
	'research',
	'image'
]);
const THEN =
	/\b(?:then|after that|afterwards|based on (?:that|it|this)|with (?:the|that) result|dann|danach|anschließend|ensuite|puis|après|luego|después)\b/gi;

/** A plan for the message, by rules over the tools, documents and files that the prompt names. */
export function plan(sections: Sections): WrittenPlan {
	const tools = toolsOffered(sections.Tools);
	const wishes = allowed(wishesIn(sections, tools), tools);
	const planned = { goal: goalOf(wishes, sections.Message), calls: callsOf(wishes, sections.Message) };
	return sections.Problems ? repaired(planned, sections) : planned;
}

/** Each wish once, and no more of a tool than it says of itself that it takes. */
function allowed(wishes: readonly Wish[], tools: readonly OfferedTool[]): Wish[] {
	const once = new Map(wishes.map((wish) => [`${wish.tool} ${JSON.stringify(wish.arguments)}`, wish]));
	const used = new Map<string, number>();
	return [...once.values()]
		.filter(({ tool }) => {
			const count = (used.get(tool) ?? 0) + 1;
			used.set(tool, count);
			return count <= (tools.find(({ id }) => id === tool)?.most ?? Infinity);
		})
		.slice(0, MOST_CALLS);
}

/** The plan without the calls that had a problem when they stood in the one before; without any when nothing else would change. */
function repaired(planned: WrittenPlan, { Problems = '', Plan = '' }: Sections): WrittenPlan {
	const before = callsIn(Plan);
	const same = (call: WrittenPlan['calls'][number]) =>
		before.find(({ tool, arguments: args }) => tool === call.tool && args === call.arguments);
	const blamed = before.filter(({ id }) => new RegExp(`(?<![\\w-])${id}(?![\\w-])`).test(Problems));
	const kept = planned.calls.filter((call) => {
		const old = same(call);
		return old === undefined || (blamed.length > 0 && !blamed.includes(old));
	});
	const ids = new Set(kept.map(({ id }) => id));
	return { ...planned, calls: kept.map((call) => ({ ...call, after: call.after.filter((id) => ids.has(id)) })) };
}

/** The calls of a plan as text; none when it cannot be read. */
function callsIn(text: string): { id: string; tool: string; arguments: string }[] {
	try {
		const { calls } = JSON.parse(text) as { calls?: unknown };
		if (!Array.isArray(calls)) return [];
		return calls.flatMap((call: Record<string, unknown> | null) => {
			const { id, tool, arguments: args } = call ?? {};
			if (typeof id !== 'string' || !/^[\w-]+$/.test(id) || typeof tool !== 'string') return [];
			return [{ id, tool, arguments: typeof args === 'string' ? args : JSON.stringify(args) }];
		});
	} catch {
		return [];
	}
}

/** A plan that cannot run, for the fault that asks for one. */
export function brokenPlan(sections: Sections): WrittenPlan {
	const { goal } = plan(sections);
	return {
		goal,
		calls: [{ id: 'broken', tool: 'no_such_tool', arguments: '{}', after: [], why: 'The demo was asked to fail here.' }]
	};
}

/** Everything that the message wishes for, in the order of the message. */
function wishesIn(sections: Sections, tools: readonly OfferedTool[]): Wish[] {
	const { Message: message } = sections;
	const may = (tool: string) => tools.some(({ id }) => id === tool);
	const work = [...picturesIn(message), ...researchesIn(message)].filter(({ tool }) => may(tool));
	// What is to be drawn or researched is no question to a clock or a calculator.
	const rest = without(message, work);
	const facts = [...arithmeticIn(rest), ...clockIn(rest)].filter(({ tool }) => may(tool));
	const tables = may('query_table') ? tableQuestion(rest, tablesOffered(sections.Files)) : [];
	const remote = remoteCalls(
		rest,
		tools.filter(({ id }) => !SHIPPED.has(id))
	);
	const told = [...work, ...facts, ...tables, ...remote];
	const documents = documentsOffered(sections.Documents);
	const question = told.length === 0 ? message : restOf(message, [...work, ...facts]);
	const asks =
		tables.length + remote.length === 0 || /\b(?:documents?|dokument\w*|documentos?|notes?|knowledge)\b/i.test(message);
	const search = asks ? knowledgeQuestion(question, documents, earlierIn(sections.Conversation)) : [];
	return [...told.sort((a, b) => a.from - b.from || a.to - b.to), ...search.filter(({ tool }) => may(tool))];
}

/** The message with the wishes blanked out, so that places stay. */
function without(message: string, wishes: readonly Wish[]): string {
	return wishes.reduce((text, { from, to }) => text.slice(0, from) + ' '.repeat(to - from) + text.slice(to), message);
}

/** The sentences of the message that no wish stands in. */
function restOf(message: string, wishes: readonly Wish[]): string {
	return without(message, wishes)
		.split(/(?<=[.!?;\n])|,? \b(?:and|und|et|y)(?: then)? (?=\p{L}+ )/u)
		.filter((clause) => !wishes.some(({ from, to }) => overlaps(message, clause, from, to)))
		.join(' ')
		.trim();
}

function overlaps(message: string, clause: string, from: number, to: number): boolean {
	const at = message.indexOf(clause);
	return at < 0 || (at < to && at + clause.length > from);
}

/** Calls with their ids; what stands behind a "then" needs what stands before it. */
function callsOf(wishes: readonly Wish[], message: string): WrittenPlan['calls'] {
	const turns = [...message.matchAll(THEN)].map(({ index }) => index);
	const stage = ({ from }: Wish) => turns.filter((at) => at < from).length;
	const ids = wishes.map(({ tool }, index) => {
		const same = wishes.slice(0, index).filter((wish) => wish.tool === tool).length;
		const name = tool.replace(/[^a-z0-9_-]+/gi, '_').slice(0, 36);
		return same === 0 ? name : `${name}_${same + 1}`;
	});
	return wishes.map((wish, index) => {
		const before = wishes
			.map((other, at) => ({ id: ids[at] ?? '', stage: stage(other) }))
			.filter((other) => other.stage < stage(wish));
		const last = Math.max(...before.map((other) => other.stage));
		const after = before.filter((other) => other.stage === last).map(({ id }) => id);
		return { id: ids[index] ?? '', tool: wish.tool, arguments: JSON.stringify(wish.arguments), after, why: wish.why };
	});
}

function goalOf(wishes: readonly Wish[], message: string): string {
	const text =
		wishes.length > 0 ? wishes.map(({ aim }) => aim).join('; ') : `answer “${message.slice(0, 120)}” directly`;
	return `${text.charAt(0).toUpperCase()}${text.slice(1, 400)}.`;
}

/** What the person said earlier, oldest first. */
function earlierIn(conversation: string | undefined): string[] {
	return [...(conversation ?? '').matchAll(/^User: ([^]*?)(?=\n\n(?:User|Assistant): |$(?![^]))/gm)].map(
		([, said = '']) => said
	);
}
