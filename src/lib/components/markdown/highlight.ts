/** A stretch of code with what it is, such as `keyword`; null for plain code. */
export interface CodePiece {
	text: string;
	kind: string | null;
}

// A longer one would hold up the page; it is shown plain.
const LONGEST = 20_000;
const marks = /<span class="([^"]*)">|<\/span>|[^<]+/g;
const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#x27;': "'" };

/** The pieces of a program, by the language that it says it is in; null for one that is not known. The grammars are loaded at the first call. */
export async function highlight(code: string, language: string): Promise<CodePiece[] | null> {
	if (code.length > LONGEST) return null;
	const highlighter = await grammars();
	if (!highlighter.getLanguage(language)) return null;
	const pieces = piecesOf(highlighter.highlight(code, { language, ignoreIllegals: true }).value);
	// What would change a letter of the code is not shown.
	return pieces.map(({ text }) => text).join('') === code ? pieces : null;
}

let loading: Promise<typeof import('highlight.js').default> | null = null;

/** Asked for once: each `import()` of a built page looks through all of its document first. What failed is tried again. */
function grammars() {
	loading ??= import('highlight.js/lib/common').then(
		({ default: highlighter }) => highlighter,
		(error: unknown) => {
			loading = null;
			throw error;
		}
	);
	return loading;
}

/** Reads the highlighter's HTML as data: it never becomes elements by itself. */
function piecesOf(html: string): CodePiece[] {
	const pieces: CodePiece[] = [];
	const open: string[] = [];
	for (const [mark, kind] of html.matchAll(marks)) {
		if (kind !== undefined) open.push(kind);
		else if (mark === '</span>') open.pop();
		else
			pieces.push({ text: mark.replace(/&(?:amp|lt|gt|quot|#x27);/g, (it) => entities[it] ?? it), kind: kindOf(open) });
	}
	return pieces;
}

/** `hljs-title function_` is a title; what a sublanguage opens has no name of its own. */
function kindOf(open: readonly string[]): string | null {
	const named = open.findLast((kind) => kind.startsWith('hljs-'));
	return named ? (/^hljs-([a-z_-]+)/.exec(named)?.[1] ?? null) : null;
}

/** Pieces as what the page shows of them: hundreds in a long text, which never change, so that elements are all they need. */
export function elementsOf(pieces: readonly CodePiece[]): (Node | string)[] {
	return pieces.map(({ text, kind }) => {
		if (kind === null) return text;
		const span = document.createElement('span');
		span.className = `code-${kind}`;
		span.textContent = text;
		return span;
	});
}

/** Whether a fenced block has been closed: nothing that is still to come changes it. */
export function isClosed(raw: string): boolean {
	const lines = raw.trimEnd().split('\n');
	const fence = /^ {0,3}(`{3,}|~{3,})/.exec(lines[0] ?? '')?.[1];
	const last = lines.length > 1 ? (lines.at(-1) ?? '').trim() : '';
	return fence !== undefined && last.length >= fence.length && last === fence.charAt(0).repeat(last.length);
}

/** The language that a fence names, in lower case; null without one. */
export function languageOf(info: string | undefined): string | null {
	return /^[\w+#.-]{1,30}/.exec(info?.trim() ?? '')?.[0].toLowerCase() ?? null;
}
