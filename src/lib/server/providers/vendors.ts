import type { CheckQuirks } from './check.ts';

/** A field beside the model and the prompt of a request for pictures. */
export type ImageField = 'n' | 'size' | 'quality' | 'background' | 'output_format' | 'stream' | 'partial_images';

/** How a vendor's way to pictures differs from OpenAI's. */
export interface ImageQuirks {
	/** OpenAI's paths, generations and edits, or the one path of OpenRouter. */
	readonly form: 'openai' | 'openrouter';
	/** What it takes; anything else is never sent. */
	readonly fields: readonly ImageField[];
	/** It takes pictures to start from. */
	readonly edits: boolean;
	/** Without being asked for base64 it answers with links. */
	readonly asksBase64: boolean;
	/** An answer of 200 without a picture says that it was refused. */
	readonly emptyIsRefusal: boolean;
}

/** How a vendor's way to answers differs from OpenAI's. What is false here is never sent. */
export interface VendorQuirks {
	/** How answers are asked for; `either` is the Responses API until the server says that it has no such path, chat from then on. */
	readonly api: 'responses' | 'chat' | 'either';
	/** Its ids are drawn from so few numbers that they come again. */
	readonly shortIds: boolean;
	/** `background: true` works: the run outlives our connection, and can be resumed and cancelled by id. */
	readonly background: boolean;
	/** Nothing is kept there, and asking for it is refused. */
	readonly stateless: boolean;
	/** How the web search is asked for: a tool of this type, a suffix of the model's name, or not at all. */
	readonly webSearch: { readonly tool: string; readonly contextSize: boolean } | { readonly suffix: string } | null;
	/** `include: web_search_call.action.sources` is understood. */
	readonly searchSources: boolean;
	/** `reasoning.effort` is understood; where it is not sure, it is sent only when the person chose it. */
	readonly effort: boolean;
	/** `reasoning.summary` is understood. */
	readonly summaries: boolean;
	/** `max_tool_calls` is understood. */
	readonly maxToolCalls: boolean;
	/** `metadata` is understood. */
	readonly metadata: boolean;
	/** `text.format` with a JSON schema is understood. */
	readonly structured: boolean;
	/** Its path for vectors and the model asked there unless another one is configured; null where there is no such path. */
	readonly embeddings: { readonly model: string | null } | null;
	/** How it is asked for pictures; null where it makes none. */
	readonly images: ImageQuirks | null;
	/** Its ordinary models have the image tool. */
	readonly imageTool: boolean;
	/** A page about a query; `{query}` stands for it. */
	readonly searchUrl: string;
	/** It runs on the person's own machine, so that "unreachable" means "not started". */
	readonly local: boolean;
	/** How it is asked something that costs nothing. */
	readonly check: CheckQuirks;
}

const openaiImages: ImageQuirks = {
	form: 'openai',
	fields: ['n', 'size', 'quality', 'background', 'output_format', 'stream', 'partial_images'],
	edits: true,
	asksBase64: false,
	emptyIsRefusal: false
};

const modelList: CheckQuirks = { path: '/models', lists: true };

const webUrl = 'https://duckduckgo.com/?q={query}';

const openai: VendorQuirks = {
	api: 'responses',
	shortIds: false,
	background: true,
	stateless: false,
	webSearch: { tool: 'web_search', contextSize: true },
	searchSources: true,
	effort: true,
	summaries: true,
	maxToolCalls: true,
	metadata: true,
	structured: true,
	embeddings: { model: 'text-embedding-3-small' },
	images: openaiImages,
	imageTool: true,
	searchUrl: webUrl,
	local: false,
	check: modelList
};

/** Only what every compatible server can be trusted to take. */
const plain: VendorQuirks = {
	api: 'either',
	shortIds: false,
	background: false,
	stateless: false,
	webSearch: null,
	searchSources: false,
	effort: false,
	summaries: false,
	maxToolCalls: false,
	metadata: false,
	structured: false,
	// Many such servers have the path and one model only, which makes no vectors.
	embeddings: { model: null },
	images: null,
	imageTool: false,
	searchUrl: webUrl,
	local: false,
	check: modelList
};

/** The vendors that are known by name. Source of the rows: their documentation, August to November 2026. */
export const vendors = {
	openai,
	// Recorded there: the older tool name.
	azure: {
		...openai,
		webSearch: { tool: 'web_search_preview', contextSize: true },
		// It lists models, but is asked by the names of deployments.
		embeddings: { model: null },
		check: { path: '/models', lists: false }
	},
	xai: {
		...plain,
		api: 'responses',
		webSearch: { tool: 'web_search', contextSize: false },
		structured: true,
		embeddings: null,
		// Its edits are JSON in a form of their own.
		images: { ...openaiImages, fields: ['n'], edits: false, asksBase64: true, emptyIsRefusal: true }
	},
	// store:true is answered with 400. Search is a variant of the model.
	openrouter: {
		...plain,
		api: 'responses',
		stateless: true,
		webSearch: { suffix: ':online' },
		structured: true,
		embeddings: { model: 'openai/text-embedding-3-small' },
		images: { ...openaiImages, form: 'openrouter' },
		// Its list of models is open to all: only this asks for the key.
		check: { path: '/key', lists: false }
	},
	ollama: {
		...plain,
		shortIds: true,
		structured: true,
		images: { ...openaiImages, fields: ['size'], edits: false },
		local: true
	},
	// It can run in the background only when its store is switched on; a 400 says when it is not.
	vllm: { ...plain, background: true, structured: true, local: true },
	lmstudio: { ...plain, structured: true, local: true },
	custom: { ...plain, images: openaiImages },
	demo: { ...openai, embeddings: { model: 'demo-embedding-1' }, searchUrl: '/library?q={query}' }
} as const satisfies Record<string, VendorQuirks>;

export type VendorId = keyof typeof vendors;
