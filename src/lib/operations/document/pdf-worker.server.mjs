// The PDF's worker: one document, then its thread ends. It is plain JavaScript because its text is started as it stands
// (see pdf.server.ts), and it reaches packages only by the addresses that it is given.
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';

const { codes, fonts, modules, template } = workerData;
const { default: typst } = await import(modules.typst);
const { default: fontkit } = await import(modules.fontkit);

/** The fonts that the text needs, in the order of preference, and the characters that none of them has. */
function choose() {
	let missing = codes;
	const chosen = [];
	for (const { files, always } of fonts) {
		if (missing.length === 0 && !always) continue;
		const font = fontkit.create(readFileSync(files[0]));
		const rest = missing.filter((code) => !font.hasGlyphForCodePoint(code));
		if (rest.length === missing.length && !always) continue;
		chosen.push({ family: font.familyName, files });
		missing = rest;
	}
	return { chosen, missing };
}

// The compiler's number of the format: it is typed as an enum that exists only in TypeScript.
const PDF = 1;

async function compile(document, chosen) {
	const compiler = typst.createTypstCompiler();
	const bytes = chosen.flatMap(({ files }) => files).map((file) => new Uint8Array(readFileSync(file)));
	// Without `assets: false` it would fetch fonts from the network.
	await compiler.init({
		getModule: () => readFileSync(modules.wasm),
		beforeBuild: [typst.initOptions.loadFonts(bytes, { assets: false })]
	});
	compiler.addSource('/main.typ', template);
	const data = JSON.stringify({ ...document, fonts: chosen.map(({ family }) => family) });
	compiler.mapShadow('/document.json', new TextEncoder().encode(data));
	return compiler.compile({ mainFilePath: '/main.typ', format: PDF, diagnostics: 'full' });
}

const { chosen, missing } = choose();
const reply = once(parentPort, 'message');
parentPort.postMessage({ type: 'missing', codes: missing });
// The document comes back with something to read where those characters were.
const [document] = await reply;
const { result, diagnostics } = await compile(document, chosen);
if (!result) throw new Error(`the document could not be set: ${JSON.stringify(diagnostics).slice(0, 2_000)}`);
// A copy: the bytes themselves may lie in the compiler's memory, which cannot leave the thread.
parentPort.postMessage({ type: 'pdf', bytes: result.slice() });
