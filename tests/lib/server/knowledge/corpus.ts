import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { detectLanguage } from '$lib/text/language.ts';
import { parseFile } from '$lib/operations/ingest/parse.server.ts';
import { split } from '$lib/operations/ingest/split.ts';
import { openDb } from '$lib/server/db/open.ts';
import { files } from '$lib/server/db/schema.ts';
import { KnowledgeBase } from '$lib/server/knowledge/knowledge-base.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const folder = join(import.meta.dirname, '../../../retrieval');

export interface Question {
	question: string;
	document: string;
	answerIn: string[];
	set: 'open' | 'held';
}

/** The questions, committed before the code that they measure. */
export const questions = JSON.parse(readFileSync(join(folder, 'questions.json'), 'utf8')) as Question[];

const mediaTypes: Record<string, string> = { md: 'text/markdown', html: 'text/html', txt: 'text/plain' };

/** A knowledge base over an empty database. */
export function emptyBase(): { base: KnowledgeBase; addFile(owner: string, id: string): void } & ReturnType<
	typeof openDb
> {
	const open = openDb(':memory:');
	onTestFinished(open.close);
	const base = new KnowledgeBase(open.db, new FakeClock(), open.vectors);
	const facts = { name: 'a.txt', mediaType: 'text/plain', size: 1, sha256: '', createdAt: 1 };
	const addFile = (owner: string, id: string) =>
		void open.db
			.insert(files)
			.values({ ...facts, id, owner, path: `a/${id}` })
			.run();
	return { ...open, base, addFile };
}

/** All documents of the retrieval set, ingested as the app does it, by their file names. */
export async function ingestAll(owner: string) {
	const { base, addFile } = emptyBase();
	const ids = new Map<string, string>();
	for (const name of readdirSync(join(folder, 'documents'))) {
		const mediaType = mediaTypes[name.split('.').at(-1) ?? ''] ?? '';
		const path = join(folder, 'documents', name);
		const parsed = await parseFile({ path, name, mediaType }, { signal: new AbortController().signal, progress() {} });
		const language = detectLanguage(parsed.blocks.map(({ text }) => text).join('\n'));
		const passages = [...split(parsed.blocks, language)];
		addFile(owner, name);
		const facts = {
			fileId: name,
			jobId: name,
			projectId: null,
			name,
			title: parsed.title ?? name.replace(/\.\w+$/, '')
		};
		const document = { ...facts, mediaType: parsed.mediaType, pages: null, language, passages, vectors: null };
		const added = await base.of(owner).add(document);
		ids.set(name, added.id);
	}
	return { base, ids };
}

/** White space counts as one space. */
export const plain = (text: string) => text.replace(/\s+/g, ' ');
