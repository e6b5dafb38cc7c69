import { cpSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { document, type DocumentResult, type DocumentState } from '$lib/operations/document/model.ts';
import run from '$lib/operations/document/run.server.ts';
import type { App } from '$lib/server/app.ts';
import { dataPaths } from '$lib/server/config.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../../support/app.ts';
import { serveRoutes } from '../../../support/route-server.ts';
import { AuthorProvider, inputOf, labelOf, plan } from './author-provider.ts';
import { readDocx, readPdf } from './read-back.ts';

const brief = 'A guide to tea for people who sleep badly';

async function appWith(provider = new AuthorProvider(), dataDir = temporaryFolder()) {
	return { provider, dataDir, app: await makeApp({ provider, dataDir, runs: runsOf(run) }) };
}

async function written(input: object = {}, provider = new AuthorProvider(), options: object = {}) {
	const { app } = await appWith(provider);
	const { id } = await start(app, 'document', { brief, format: 'md', ...input }, options);
	const snapshot = await ended(app, id);
	const events = await allEvents(app, id);
	return { app, provider, id, snapshot, events, result: snapshot.result as DocumentResult };
}

const typesOf = (events: readonly JobEvent[]) => events.map(({ type }) => type);
const bytesOf = async (app: App, { artifact }: DocumentResult) =>
	new Uint8Array(await (await fetch(`${await serveRoutes(app)}${artifact.url}`)).arrayBuffer());

/** Everything that lies in the folders for temporary files and for artifacts. */
function left(dataDir: string): string[] {
	const { temporary, artifacts } = dataPaths(dataDir);
	return [temporary, artifacts].flatMap((folder) => {
		try {
			const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
			return entries.filter((entry) => entry.isFile() || folder === temporary).map(({ name }) => name);
		} catch {
			return [];
		}
	});
}

describe('a document, from the brief to the file', () => {
	test('PG-03 goes through its three phases and ends with a file that can be fetched', async () => {
		const { app, events, snapshot, result } = await written();
		expect(snapshot.error).toBeNull();
		const phases = events.flatMap(({ type, data }) => (type === 'phase' ? [(data as { phase: string }).phase] : []));
		expect(phases).toEqual(['generating', 'creating', 'uploading']);
		expect(document.result.safeParse(snapshot.result).success).toBe(true);
		expect(result).toMatchObject({ title: plan.title, outline: plan, format: 'md', complete: true });
		expect(result.artifact).toMatchObject({ name: 'tea-and-sleep.md', mediaType: 'text/markdown' });
		const text = new TextDecoder().decode(await bytesOf(app, result));
		expect(text).toContain('# Tea and sleep\n\n## What tea is\n\nAbout what tea is: **much** is known.');
	});

	test('IR-05 the outline is an event before anything is written', async () => {
		const { events } = await written();
		const types = typesOf(events);
		expect(types.indexOf('outline')).toBeGreaterThan(0);
		expect(types.indexOf('outline')).toBeLessThan(types.indexOf('content'));
		expect(events.find(({ type }) => type === 'outline')?.data).toEqual({ ...plan, reviewed: false });
	});

	test('IR-03 IR-06 each section grows under its own name, and says when it began and ended', async () => {
		const { snapshot } = await written();
		expect(Object.keys(snapshot.content)).toEqual(['section-1', 'section-2', 'section-3']);
		const { sections } = snapshot.state as DocumentState;
		expect(sections.map(({ heading }) => heading)).toEqual(plan.sections.map(({ heading }) => heading));
		for (const { begunAt, finishedAt } of sections) expect(finishedAt).toBeGreaterThanOrEqual(begunAt);
	});

	test('OP-09 the bar counts the sections', async () => {
		const provider = new AuthorProvider();
		const gate = provider.hold('Section: When to drink it');
		const { app } = await appWith(provider);
		const { id } = await start(app, 'document', { brief });
		await until(app, id, ({ content }) => 'section-3' in content);
		// Two of three sections, and the outline, are well beyond half of what it takes.
		const { progress } = await until(app, id, (snapshot) => (snapshot.progress.fraction ?? 0) > 0.6);
		expect(progress.fraction).toBeLessThan(0.92);
		gate.open();
		expect((await ended(app, id)).progress).toEqual({ fraction: 1, basis: 'measured' });
	});

	test('PG-03 a Word file and a PDF are whole and hold the text', async () => {
		const word = await written({ format: 'docx' });
		expect((await readDocx(await bytesOf(word.app, word.result))).text).toContain('About what it does: much is known.');
		const pdf = await written({ format: 'pdf' });
		expect((await readPdf(await bytesOf(pdf.app, pdf.result))).text).toContain('About what it does: much is known.');
	}, 30_000);

	test('PG-03 a PDF says which characters its fonts lack', async () => {
		const provider = new AuthorProvider();
		provider.section = () => '한국어';
		const { snapshot } = await written({ format: 'pdf' }, provider);
		expect(snapshot.notices).toMatchObject([
			{ code: 'missing_characters', message: expect.stringContaining('Hangul') }
		]);
	}, 20_000);

	test('TS-01 the outline is asked as structured output where the provider can, and in words where not', async () => {
		const { provider } = await written();
		expect(provider.requests[0]?.schema).toMatchObject({
			name: 'outline',
			schema: { required: ['title', 'sections'] }
		});
		expect(provider.requests[1]?.schema).toBeUndefined();
		const plain = new AuthorProvider();
		plain.can = { ...plain.can, structured: false };
		plain.outlines = [`Here you are:\n\`\`\`json\n${JSON.stringify(plan)}\n\`\`\``];
		const { snapshot } = await written({}, plain);
		expect(snapshot.status).toBe('succeeded');
		expect(plain.requests[0]?.schema).toBeUndefined();
		expect(plain.requests[0]?.instructions).toContain('JSON');
	});

	test('TS-04 an outline that cannot be read is asked for once more, then it fails in words', async () => {
		const provider = new AuthorProvider();
		provider.outlines = ['I would rather not.', JSON.stringify(plan)];
		const { snapshot } = await written({}, provider);
		expect(snapshot.status).toBe('succeeded');
		expect(provider.requests[1]?.input).toContain('I would rather not.');
		const stubborn = new AuthorProvider();
		stubborn.outlines = ['no'];
		const failed = await written({}, stubborn);
		expect(failed.snapshot).toMatchObject({ status: 'failed', error: { code: 'provider_error' } });
		expect(failed.snapshot.error?.message).toContain('no outline');
		expect(stubborn.requests).toHaveLength(2);
	});

	test('OP-06 without streaming it is the same document', async () => {
		const { snapshot, result } = await written({}, new AuthorProvider(), { stream: false });
		expect(snapshot.error).toBeNull();
		expect(result.sections.map(({ text }) => text)).toEqual(Object.values(snapshot.content));
	});

	test('RS-06 a refusal ends it with the words of the model', async () => {
		const provider = new AuthorProvider();
		provider.section = (heading) => (heading === 'What it does' ? { text: '', refusal: 'I cannot.' } : 'Text.');
		const { snapshot } = await written({}, provider);
		expect(snapshot.error).toMatchObject({ code: 'refused', message: 'The model declined: I cannot.' });
		expect(snapshot.content['section-1']).toBe('Text.');
	});

	test('RS-06 a section that stopped early is kept, and the document says that it is not complete', async () => {
		const provider = new AuthorProvider();
		const cut = { text: 'Half', status: 'incomplete' as const, incompleteReason: 'max_output_tokens' };
		provider.section = (heading) => (heading === 'What it does' ? cut : 'Text.');
		const { snapshot, result } = await written({}, provider);
		expect(result).toMatchObject({ complete: false, sections: [{}, { text: 'Half' }, {}] });
		expect(snapshot.notices).toMatchObject([{ code: 'incomplete' }]);
	});

	test('BY-08 what all its requests were billed is its cost', async () => {
		const { snapshot } = await written();
		expect(snapshot.cost).toEqual({ usd: 0.08, known: true });
	});
});

describe('the outline of a document, reviewed', () => {
	async function asked() {
		const made = await appWith();
		const { id } = await start(made.app, 'document', { brief, format: 'md', reviewOutline: true });
		const snapshot = await until(made.app, id, ({ question }) => question !== null);
		return { ...made, id, snapshot };
	}
	const edited = { title: 'My tea', sections: [{ heading: 'Only this', points: [] }] };

	test('IR-05 waits for the person with the outline shown, and nothing is written meanwhile', async () => {
		const { snapshot, provider } = await asked();
		expect(snapshot).toMatchObject({ status: 'running', question: { questionId: 'outline' }, content: {} });
		expect((snapshot.state as DocumentState).outline).toMatchObject({ ...plan, reviewed: false });
		expect(provider.asked).toEqual(['outline']);
	});

	test('IR-05 what the person made of it is what is written', async () => {
		const { app, id, provider } = await asked();
		await app.jobs.answer('local', id, 'outline', edited);
		const { result, state } = await ended(app, id);
		expect(result).toMatchObject({ title: 'My tea', outline: edited, sections: [{ heading: 'Only this' }] });
		expect((state as DocumentState).outline).toMatchObject({ ...edited, reviewed: true });
		expect(provider.asked).toEqual(['outline', 'Only this']);
	});

	test('BY-01 it waits over a restart, and is not planned again', async () => {
		const { app, id, provider, dataDir } = await asked();
		await app.close();
		const { app: second } = await appWith(provider, dataDir);
		await until(second, id, ({ question, startedAt }) => question !== null && startedAt !== null);
		await second.jobs.answer('local', id, 'outline', edited);
		expect(await ended(second, id)).toMatchObject({ status: 'succeeded', result: { title: 'My tea' } });
		expect(provider.asked).toEqual(['outline', 'Only this']);
	});
});

describe('a document after a restart', () => {
	test('BY-01 goes on in the middle of a section: nothing twice, nothing lost, nothing paid twice', async () => {
		const provider = new AuthorProvider();
		const gate = provider.hold('Section: What it does');
		const { app, dataDir } = await appWith(provider);
		const { id } = await start(app, 'document', { brief, format: 'md' });
		await until(app, id, ({ content }) => (content['section-2'] ?? '') !== '');
		await app.close();
		const { app: second } = await appWith(provider, dataDir);
		gate.open();
		const snapshot = await ended(second, id);
		expect(snapshot).toMatchObject({ status: 'succeeded', cost: { usd: 0.08, known: true } });
		expect(snapshot.content['section-2']).toBe('About what it does: **much** is known.');
		expect(provider.asked).toEqual(['outline', ...plan.sections.map(({ heading }) => heading)]);
		const events = await allEvents(second, id);
		expect(typesOf(events).filter((type) => type === 'outline')).toHaveLength(1);
		expect(events.filter(({ data }) => (data as { replace?: boolean }).replace)).toEqual([]);
	});

	test('BY-01 a repaired outline that was on its way is not planned from the start', async () => {
		const provider = new AuthorProvider();
		provider.outlines = ['nonsense', JSON.stringify(plan)];
		const gate = provider.hold('An earlier answer');
		const { app, dataDir } = await appWith(provider);
		const { id } = await start(app, 'document', { brief, format: 'md' });
		await until(
			app,
			id,
			({ state, responseId }) => (state as DocumentState).draft !== null && responseId?.endsWith('2') === true
		);
		await app.close();
		const { app: second } = await appWith(provider, dataDir);
		gate.open();
		expect((await ended(second, id)).status).toBe('succeeded');
		expect(provider.asked.filter((asked) => asked === 'outline')).toHaveLength(2);
	});
});

describe('a document that is cancelled', () => {
	async function cancelledAt(
		holds: string,
		there: (snapshot: {
			phase: string | null;
			content: object;
			responseId: string | null;
			question: unknown;
		}) => boolean,
		input: object = {}
	) {
		const provider = new AuthorProvider();
		if (holds) provider.hold(holds);
		const { app, dataDir } = await appWith(provider);
		const { id } = await start(app, 'document', { brief, ...input });
		await until(app, id, there);
		await app.jobs.cancel('local', id);
		const snapshot = await ended(app, id);
		await app.runner.idle();
		return { snapshot, provider, files: left(dataDir) };
	}

	test('CX-06 CX-08 while it is planned', async () => {
		const { snapshot, provider, files } = await cancelledAt('Brief:', ({ responseId }) => responseId !== null);
		expect(snapshot.status).toBe('cancelled');
		expect(provider.cancelled).toHaveLength(1);
		expect(files).toEqual([]);
	});

	test('CX-08 while it waits for the person', async () => {
		const waiting = await cancelledAt('', ({ question }) => question !== null, { reviewOutline: true });
		expect(waiting.snapshot).toMatchObject({ status: 'cancelled', question: null });
		expect(waiting.files).toEqual([]);
	});

	test('CX-05 CX-06 CX-08 while a section is written: what there is stays, and the receipt says what', async () => {
		const section = await cancelledAt('Section: What it does', ({ content }) => 'section-2' in content);
		expect(section.snapshot.status).toBe('cancelled');
		expect(section.snapshot.content['section-1']).toContain('About what tea is');
		expect(section.snapshot.receipt?.kept.slice(0, 2)).toEqual(['the outline of 3 sections', '1 finished section']);
		expect(section.provider.cancelled).toEqual(['resp_3']);
		expect(section.files).toEqual([]);
	});

	test.each(['docx', 'pdf', 'md', 'html'])('CX-08 while the %s is made: no temporary file stays', async (format) => {
		// Held where the run first touches its folder, so that the stop comes in this phase for certain.
		const { app, dataDir } = await heldApp('folder');
		const { id } = await start(app.app, 'document', { brief, format });
		await app.reached;
		await app.app.jobs.cancel('local', id);
		app.go();
		expect(await ended(app.app, id)).toMatchObject({ status: 'cancelled', phase: 'creating', artifacts: [] });
		await app.app.runner.idle();
		expect(left(dataDir)).toEqual([]);
	});

	test('CX-08 CX-07 while the file is stored: no partial blob and no temporary file stay', async () => {
		const { app, dataDir } = await heldApp('artifact');
		const { id } = await start(app.app, 'document', { brief });
		await app.reached;
		expect(left(dataDir)).toContain('document.docx');
		await app.app.jobs.cancel('local', id);
		app.go();
		expect(await ended(app.app, id)).toMatchObject({ status: 'cancelled', phase: 'uploading', artifacts: [] });
		await app.app.runner.idle();
		expect(left(dataDir)).toEqual([]);
	});

	test('CX-08 a success leaves its file and nothing temporary', async () => {
		const { app, dataDir } = await appWith();
		const { id } = await start(app, 'document', { brief });
		await ended(app, id);
		await app.runner.idle();
		expect(left(dataDir)).toHaveLength(1);
	});

	test.each(['folder', 'artifact'] as const)(
		'CX-08 BY-01 what a kill leaves on the disk at “%s” is taken up: one file, nothing temporary',
		async (call) => {
			const { app, dataDir, provider } = await heldApp(call);
			const { id } = await start(app.app, 'document', { brief, format: 'md' });
			await app.reached;
			expect(left(dataDir)).not.toEqual([]);
			// The disk as it is at this moment is what a process that is killed now leaves behind.
			const after = temporaryFolder();
			cpSync(dataDir, after, { recursive: true, filter: (path) => !path.endsWith('headway.lock') });
			// The provider goes on: it knows what the killed process had asked it for.
			const second = await makeApp({ provider, dataDir: after, runs: runsOf(run) });
			expect(await ended(second, id)).toMatchObject({ status: 'succeeded', artifacts: [{ name: 'tea-and-sleep.md' }] });
			await second.runner.idle();
			expect(left(after)).toHaveLength(1);
			app.go();
		},
		40_000
	);

	/** An app whose documents stop right after this call of their context, until the test lets them go on. */
	async function heldApp(call: 'folder' | 'artifact') {
		const dataDir = temporaryFolder();
		let go = () => undefined as void;
		let arrived = () => undefined as void;
		const reached = new Promise<void>((resolve) => (arrived = resolve));
		const passed = new Promise<void>((resolve) => (go = resolve));
		const slowly: typeof run = {
			model: run.model,
			run: (input, ctx) =>
				run.run(
					input,
					new Proxy(ctx, {
						get(target, name) {
							const value: unknown = Reflect.get(target, name, target);
							if (typeof value !== 'function') return value;
							const bound = value.bind(target) as (...given: unknown[]) => unknown;
							if (name !== call) return bound;
							return async (...given: unknown[]) => {
								const made = call === 'folder' ? await bound(...given) : null;
								arrived();
								await passed;
								return made ?? bound(...given);
							};
						}
					})
				)
		};
		const provider = new AuthorProvider();
		const app = await makeApp({ provider, dataDir, runs: runsOf(slowly) });
		return { dataDir, provider, app: { app, reached, go: () => go() } };
	}
});

describe('a document from researches', () => {
	test('PG-03 cites their sources under numbers of its own, and lists those that it cites', async () => {
		const provider = new AuthorProvider();
		provider.section = () => 'Known [2], and [1] too; not [9].';
		const { app, ids } = await withResearches(provider);
		const { id } = await start(app, 'document', { brief, format: 'md', fromJobs: ids });
		const { result, state } = (await ended(app, id)) as { result: DocumentResult; state: DocumentState };
		expect(state.sources.map(({ url }) => url)).toEqual([
			'https://a.example',
			'https://b.example',
			'https://c.example'
		]);
		expect(result.sources.map(({ id }) => id)).toEqual([1, 2]);
		const [, section] = provider.requests.filter((request) => labelOf(inputOf(request), 'Brief') === brief);
		expect(section?.input).toContain('[2] B - https://b.example\nBoth agree [1], and [2].');
		expect(section?.input).toContain('The second says [3] and [1].');
	});

	test('DC-01 refuses a job that is no research with a result', async () => {
		const { app } = await withResearches(new AuthorProvider());
		const { id } = await start(app, 'document', { brief, format: 'md' });
		await ended(app, id);
		const { id: second } = await start(app, 'document', { brief, fromJobs: [id] });
		expect((await ended(app, second)).error).toMatchObject({ code: 'invalid_input' });
		await expect(start(app, 'document', { brief, fromJobs: ['job_00000000000000000000'] })).rejects.toMatchObject({
			code: 'invalid_input'
		});
	});

	async function withResearches(provider: AuthorProvider) {
		const reports = [
			{ report: 'Both agree [1](#source-1), and [2](#source-2).', sources: ['a', 'b'] },
			{ report: 'The second says [1](#source-1) and [2](#source-2).', sources: ['c', 'a'] }
		].map(({ report, sources }) => ({
			...{ report, queries: [], complete: true },
			sources: sources.map((name, at) => ({ id: at + 1, url: `https://${name}.example`, title: name.toUpperCase() }))
		}));
		const { research } = await import('$lib/operations/research/model.ts');
		const found = { model: research, run: async () => reports.shift()! };
		const app = await makeApp({ provider, runs: runsOf(found, run) });
		const ids: string[] = [];
		for (const query of ['first', 'second']) {
			const { id } = await start(app, 'research', { query });
			await ended(app, id);
			ids.push(id);
		}
		return { app, ids };
	}
});
