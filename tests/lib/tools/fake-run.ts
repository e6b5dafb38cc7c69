import { z } from 'zod';
import { HeadwayError } from '$lib/jobs/error.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import type { KnownDocument, Passage, RemoteServer, RemoteTools } from '$lib/operations/operation.ts';
import type { ToolCall, ToolEvent, ToolProgress } from '$lib/tools/call.ts';
import type { ExecuteListener } from '$lib/tools/execute.server.ts';
import { defineTool, defineToolRun, type ToolContext, type ToolRun } from '$lib/tools/tool.ts';
import type { ToolboxContext } from '$lib/tools/toolbox.server.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A passage of a document that a test made up. */
export function aPassage(ordinal: number, text: string, documentId = 'doc_1'): Passage {
	return { id: ordinal + 1, documentId, title: 'The tides', ordinal, page: 2, heading: 'Moon', text };
}

/** A document that a test made up. */
export function aDocument(id: string, title: string): KnownDocument {
	return {
		...{ id, title, name: `${id}.txt`, mediaType: 'text/plain', projectId: null, language: 'en', pages: null },
		...{ passages: 3, characters: 300, jobId: 'job_1', fileId: 'file_1', createdAt: 1 }
	};
}

/** Servers that offer what a test says. */
export class FakeRemote implements RemoteTools {
	readonly calls: { id: string; args: unknown }[] = [];
	readonly #servers: RemoteServer[];
	answer = async (_args: unknown): Promise<string> => 'done';

	constructor(...servers: RemoteServer[]) {
		this.#servers = servers;
	}

	async servers() {
		return this.#servers;
	}

	call(id: string, args: unknown): Promise<string> {
		this.calls.push({ id, args });
		return this.answer(args);
	}
}

type Ask = (questionId: string, prompt: string) => Promise<boolean>;

/** A run without a server: its clock stands still, and each of its ports is what the test made it. */
export class FakeRun implements Pick<ToolboxContext, 'jobId' | 'signal' | 'now' | 'after'> {
	readonly jobId = 'job_1';
	readonly clock = new FakeClock();
	readonly stopped = new AbortController();
	readonly logged: { facts: object; message: string }[] = [];
	readonly asked: { questionId: string; prompt: string }[] = [];
	readonly started: { key: string; operation: string; input: unknown }[] = [];
	readonly embedded: { texts: readonly string[]; step: string }[] = [];
	documents: KnownDocument[] = [aDocument('doc_1', 'The tides')];
	passages: Passage[] = [aPassage(0, 'The moon pulls.'), aPassage(1, 'The sun pulls less.')];
	searches: { question: string; options: object }[] = [];
	vectors: string | null = null;
	onAsk: Ask = async () => true;
	onChild: (input: unknown) => Partial<JobSnapshot>[] = () => [{ status: 'succeeded', result: {} }];
	onQuery: ToolboxContext['tables']['query'] = async () => {
		throw new HeadwayError('not_found', 'There is no such file.');
	};
	remote: RemoteTools = new FakeRemote();

	get signal() {
		return this.stopped.signal;
	}

	now() {
		return this.clock.now();
	}

	after(ms: number, task: () => void) {
		return this.clock.after(ms, task);
	}

	/** The part of a run's context that tools use. */
	get ctx(): ToolboxContext {
		const note = (facts: object, message: string) => void this.logged.push({ facts, message });
		return {
			...{ jobId: this.jobId, signal: this.signal, remoteTools: this.remote },
			now: () => this.now(),
			after: (ms: number, task: () => void) => this.after(ms, task),
			log: { debug: note, info: note, warn: note },
			knowledge: this.#knowledge(),
			tables: { describe: async () => [], query: (...of: Parameters<typeof this.onQuery>) => this.onQuery(...of) },
			ask: async (questionId: string, prompt: string, schema: z.ZodType) => {
				this.asked.push({ questionId, prompt });
				return schema.parse({ allow: await this.onAsk(questionId, prompt) });
			},
			child: async (key: string, operation: string, input: unknown) => {
				this.started.push({ key, operation, input });
				const snapshots = this.onChild(input);
				return {
					id: `job_${key}`,
					watch: async function* () {
						for (const one of snapshots) yield snapshotOf(one);
					}
				};
			},
			provider: {
				...{ id: 'fake', can: { embeddings: true, images: true } },
				embed: async (texts: readonly string[], step: string) => {
					this.embedded.push({ texts, step });
					return { model: 'embedding-1', vectors: [new Float32Array([1, 0])] };
				}
			}
		} as unknown as ToolboxContext;
	}

	#knowledge() {
		return {
			documents: async () => this.documents,
			embeddingModel: async () => this.vectors,
			search: async (question: string, options: object) => {
				this.searches.push({ question, options });
				const found = this.passages.map((passage) => ({ ...passage, score: 1 }));
				return { found, candidates: { lexical: found.length, vector: null }, coverage: 1 };
			},
			read: async (id: string, from: number, limit: number) => {
				const document = this.documents.find((one) => one.id === id);
				if (!document) throw new HeadwayError('not_found', 'There is no such document.');
				return { document, passages: this.passages.slice(from, from + limit) };
			}
		};
	}
}

function snapshotOf(part: Partial<JobSnapshot>): JobSnapshot {
	return {
		activity: null,
		phase: null,
		phases: [],
		progress: { fraction: null, basis: 'unknown' },
		error: null,
		...part
	} as never;
}

/** Remembers what it was told. */
export class Told implements ExecuteListener {
	readonly events: ToolEvent[] = [];
	readonly progressed: ToolProgress[] = [];
	readonly cited: { callId: string; passages: readonly Passage[] }[] = [];
	readonly counted: string[] = [];
	readonly resumed: readonly ToolEvent[];

	constructor(resumed: readonly ToolEvent[] = []) {
		this.resumed = resumed;
	}

	tool(event: ToolEvent) {
		this.events.push(event);
	}
	progress(progress: ToolProgress) {
		this.progressed.push(progress);
	}
	cite(passages: readonly Passage[], callId: string) {
		this.cited.push({ callId, passages });
	}
	ended(done: number, total: number) {
		this.counted.push(`${done}/${total}`);
	}

	/** The states of a call in their order. */
	statesOf(id: string): string[] {
		return this.events.filter((event) => event.id === id).map(({ state }) => state);
	}
}

/** A call as a plan states it. */
export function aCall(id: string, tool: string, args: Record<string, unknown> = {}, after: string[] = []): ToolCall {
	return { id, tool, arguments: args, after, why: '' };
}

/** A tool that does what the test says. */
export function aTool(
	id: string,
	work: (input: { text: string }, ctx: ToolContext) => Promise<string>,
	different: { confirm?: string; timeoutMs?: number } = {}
): ToolRun {
	const { confirm, timeoutMs = 5_000 } = different;
	const model = defineTool({
		...{ id, title: id, description: `Does ${id}.`, icon: 'wrench' },
		input: z.strictObject({ text: z.string().max(100).default('') }),
		output: z.object({ said: z.string() }),
		limits: { timeoutMs, calls: 3 },
		...(confirm !== undefined && { confirm: () => confirm }),
		titleOf: ({ text }) => `${id} ${text}`,
		summaryOf: ({ said }) => said.slice(0, 20),
		textOf: ({ said }) => said
	});
	return defineToolRun(model, async (input, ctx) => ({ said: await work(input, ctx) })) as ToolRun;
}
