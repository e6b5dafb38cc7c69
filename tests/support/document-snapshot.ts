import { emptySnapshot, type JobSnapshot } from '../../src/lib/jobs/snapshot.ts';
import { document, type DocumentResult, type DocumentState } from '../../src/lib/operations/document/model.ts';
import { START, tell, type Told } from './snapshot.ts';

/** A document, folded by the app's own reducer from what it is told. */
export function documentJob(told: readonly Told[] = []): JobSnapshot<DocumentState, DocumentResult> {
	const seed = emptySnapshot({
		...{ id: 'job_00000000000000000002', operation: 'document', title: 'A guide to tea' },
		...{ input: { brief: 'A guide to tea', format: 'docx' }, options: {}, createdAt: START, logEpoch: 'e1' },
		...{ parentId: null, phases: document.phases, state: document.state() }
	});
	return told.reduce<JobSnapshot>((job, event) => tell(job, event), seed) as JobSnapshot<DocumentState, DocumentResult>;
}

export const outline = {
	title: 'Tea and sleep',
	sections: [
		{ heading: 'What tea is', points: ['leaves', 'water'] },
		{ heading: 'What it does', points: ['caffeine'] },
		{ heading: 'When to drink it', points: [] }
	]
};

/** The beginnings of a run. */
export const begun: Told[] = [
	['queued', { operation: 'document', title: 'A guide to tea', retryOf: null }],
	['started', { epoch: 1, provider: 'demo', model: 'demo', adopted: false }],
	['phase', { phase: 'generating', fraction: 0 }]
];
export const planned: Told[] = [...begun, ['outline', { ...outline, reviewed: false }, 3]];

/** A section begins, or has finished with this text. */
export const section = (index: number, text?: string): Told[] => {
	const { heading } = outline.sections[index]!;
	const begins: Told = ['section', { index, heading, finished: false, complete: true }, 4 + index];
	if (text === undefined) return [begins];
	return [
		begins,
		['content', { target: `section-${index + 1}`, text }, 5 + index],
		['section', { index, heading, finished: true, complete: true }, 6 + index]
	];
};

export const question: Told = [
	'question',
	{ questionId: 'outline', prompt: 'Is this outline right?', schema: { type: 'object' } },
	4
];

/** How it ends well. */
export function done(facts: Partial<DocumentResult> = {}): Told {
	const artifact = {
		...{ name: 'tea-and-sleep.docx', mediaType: 'application/x', size: 12_345, sha256: 'ab' },
		url: '/api/jobs/job_00000000000000000002/artifacts/tea-and-sleep.docx'
	};
	const sections = outline.sections.map(({ heading }) => ({ heading, text: `All of ${heading} [1].` }));
	const sources = [{ id: 1, url: 'https://tea.example/', title: 'All about tea' }];
	const result = {
		title: outline.title,
		outline,
		format: 'docx',
		artifact,
		sections,
		sources,
		complete: true,
		...facts
	};
	return ['done', { result, resultAvailable: true, cost: { usd: 0, known: true }, usage: null }, 60];
}
