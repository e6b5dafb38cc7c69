import type { KnownDocument, Memory, Message, Turn } from '../operation.ts';
import { answerInstructions, memoryInstructions, planInstructions, rankingInstructions } from './instructions.ts';
import { listed, material, oneLine, sectioned } from './material.ts';
import type { Cited } from './model.ts';

/** What a tool is for the model that plans. */
export interface OfferedTool {
	readonly id: string;
	readonly description: string;
	/** JSON Schema of its arguments. */
	readonly schema: Record<string, unknown>;
	readonly limits: { readonly calls: number };
}

/** What planning is told. */
export interface PlanFacts {
	readonly tools: readonly OfferedTool[];
	readonly documents: readonly Pick<KnownDocument, 'title'>[];
	/** One line for each file: its id, its name and its tables. */
	readonly files: readonly string[];
	readonly memories: readonly Pick<Memory, 'text'>[];
	readonly history: readonly Message[];
	readonly message: string;
	/** What was wrong with the plan before, and its text. */
	readonly broken?: { problems: readonly string[]; text: string };
}

/** A request as the provider takes it, without what the run adds. */
export interface Asked {
	readonly instructions: string;
	readonly input: string | readonly Message[];
	readonly schema?: { name: string; schema: Record<string, unknown> };
	readonly effort?: 'low';
	/** Empty for a helper call: what the person chose is for the answer. */
	readonly chosen?: readonly [];
	readonly summaries?: boolean;
}

/** Strict schemas allow no open objects: arguments travel as JSON text. */
const planSchema = {
	name: 'plan',
	schema: strict({
		goal: { type: 'string' },
		calls: {
			type: 'array',
			items: strict({
				id: { type: 'string' },
				tool: { type: 'string' },
				arguments: { type: 'string', description: "The tool's arguments as JSON text." },
				after: { type: 'array', items: { type: 'string' } },
				why: { type: 'string' }
			})
		}
	})
};

const rankingSchema = {
	name: 'ranking',
	schema: strict({
		ranking: { type: 'array', items: strict({ number: { type: 'integer' }, score: { type: 'number' } }) }
	})
};

const memoriesSchema = {
	name: 'memories',
	schema: strict({ memories: { type: 'array', items: { type: 'string' } } })
};

function strict(properties: Record<string, unknown>): Record<string, unknown> {
	return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** How helper calls are made: quickly, and whatever the person chose for the answer. */
const HELPER = { effort: 'low', chosen: [] } as const;

/** A passage with its place, as a model is shown it. */
type Placed = Pick<Cited, 'title' | 'page' | 'heading' | 'text'>;

/** At most so many documents are named to the model; it searches the others all the same. */
const MOST_TITLES = 60;

/** Asks for a plan, or for a better one. `structured`: the provider takes a schema. */
export function planRequest(facts: PlanFacts, structured: boolean): Asked {
	const { tools, documents, files, memories, history, message, broken } = facts;
	const input = sectioned(
		[
			['Tools', tools.map(toolLine).join('\n')],
			[
				'Documents',
				listed(
					documents.slice(0, MOST_TITLES).map(({ title }) => title),
					150
				)
			],
			['Files', files.map((line) => `- ${line}`).join('\n')],
			['Memories', listed(memories.map(({ text }) => text))],
			['Conversation', conversation(history)],
			['Problems', listed(broken?.problems ?? [], 500)],
			['Plan', material(broken?.text.slice(0, 8_000) ?? '')]
		],
		message
	);
	return { instructions: planInstructions, input, ...HELPER, ...(structured && { schema: planSchema }) };
}

function toolLine({ id, description, schema, limits: { calls } }: OfferedTool): string {
	const limit = `At most ${calls} ${calls === 1 ? 'call' : 'calls'}.`;
	return `- \`${id}\`: ${oneLine(description, 700)} ${limit} Arguments: ${JSON.stringify(schema)}`;
}

/** The end of what was said, shortened. */
function conversation(history: readonly Message[]): string {
	const last = history.slice(-8);
	return last.map(({ role, text }) => `${role === 'user' ? 'User' : 'Assistant'}: ${oneLine(text, 600)}`).join('\n\n');
}

/** Asks which passages help most. */
export function rankingRequest(passages: readonly Placed[], message: string, structured: boolean): Asked {
	const numbered = passages.map((passage, at) => ({ ...passage, number: at + 1 }));
	const input = sectioned([['Passages', passageList(numbered, 1_200)]], message);
	return { instructions: rankingInstructions, input, ...HELPER, ...(structured && { schema: rankingSchema }) };
}

/** Asks what of a turn is to be kept. */
export function memoryRequest(known: readonly string[], answer: string, message: string, structured: boolean): Asked {
	const input = sectioned(
		[
			['Known', listed(known)],
			['Answer', material(oneLine(answer, 1_500))]
		],
		message
	);
	return { instructions: memoryInstructions, input, ...HELPER, ...(structured && { schema: memoriesSchema }) };
}

/** What the answering call is told. */
export interface AnswerFacts {
	readonly history: readonly Message[];
	/** What the caller of the OpenAI-compatible door set as the system's message. */
	readonly system: readonly string[];
	readonly passages: readonly Cited[];
	/** `tool: title` and what it gave. */
	readonly results: readonly { head: string; text: string }[];
	readonly memories: readonly Pick<Memory, 'text'>[];
	readonly message: string;
	readonly images: NonNullable<Message['images']>;
}

/** Asks for the answer, over the conversation as it was. */
export function answerRequest(facts: AnswerFacts): Asked {
	const { history, system, passages, results, memories, message, images } = facts;
	const text = sectioned(
		[
			['Passages', passageList(passages)],
			['Results', results.map(({ head, text: gave }) => `## ${oneLine(head, 200)}\n${material(gave)}`).join('\n\n')],
			['Memories', listed(memories.map((memory) => memory.text))]
		],
		message
	);
	return {
		instructions: [answerInstructions, ...system].join('\n\n'),
		input: [...history, { role: 'user', text, ...(images.length > 0 && { images }) }],
		summaries: true
	};
}

/** `[1] title, page 3, heading`, then the text without empty lines; an empty line between two passages. */
function passageList(passages: readonly (Placed & { number: number })[], most = Infinity): string {
	return passages
		.map(({ number, title, page, heading, text }) => {
			const place = [title, page === null ? null : `page ${page}`, heading].filter((part) => part !== null);
			const whole = material(text.trim().replace(/\n\s*\n/g, '\n'));
			return `[${number}] ${oneLine(place.join(', '), 300)}\n${whole.slice(0, most)}`;
		})
		.join('\n\n');
}

/** Turns as messages. A turn without an answer gets a word for it: some servers insist that the two sides take turns. */
export function asMessages(turns: readonly Pick<Turn, 'message' | 'answer'>[]): Message[] {
	return turns.flatMap(({ message, answer }): Message[] => [
		{ role: 'user', text: message },
		{ role: 'assistant', text: answer.trim() === '' ? '(No answer was given.)' : answer }
	]);
}
