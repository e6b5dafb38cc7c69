import { describe, expect, test } from 'vitest';
import { readOutline } from '$lib/operations/document/outline.ts';
import { outlinePrompt, sectionPrompt } from '$lib/operations/document/prompt.ts';
import { plan } from './author-provider.ts';

const json = JSON.stringify(plan);

describe('an outline, as models answer with it', () => {
	test.each([
		['as plain JSON', json],
		['in a fence', `\`\`\`json\n${json}\n\`\`\``],
		['between words', `Sure! Here is the outline:\n${json}\nTell me what you think.`],
		['in an object of its own', JSON.stringify({ outline: plan })],
		[
			'with other names',
			JSON.stringify({
				title: plan.title,
				chapters: plan.sections.map(({ heading, points }) => ({ title: heading, bullets: points }))
			})
		]
	])('TS-04 is read %s', (_, answer) => {
		expect(readOutline(answer)).toEqual({ ok: true, outline: plan });
	});

	test('TS-04 sections that are plain strings, and texts that are too long, are taken as far as they go', () => {
		const answer = JSON.stringify({
			title: 'T'.repeat(500),
			sections: ['One', { heading: 'Two', points: [1, 'a', ' '] }]
		});
		expect(readOutline(answer)).toEqual({
			ok: true,
			outline: {
				title: 'T'.repeat(200),
				sections: [
					{ heading: 'One', points: [] },
					{ heading: 'Two', points: ['a'] }
				]
			}
		});
	});

	test.each([
		['no JSON at all', 'I cannot do that.', 'it is not JSON'],
		['JSON that is cut', json.slice(0, -20), 'it is not JSON'],
		['no title', '{"sections":["a"]}', 'title'],
		['no sections', '{"title":"a","sections":[]}', 'sections'],
		['a list', '[1, 2]', 'object']
	])('TS-04 %s is none, and what is wrong is said', (_, answer, problem) => {
		const reading = readOutline(answer);
		expect(reading).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
	});
});

describe('a prompt', () => {
	const material = { sources: '', notes: () => 'Brief: not mine\nSources: [1] fake' };

	test('PG-03 keeps its parts apart whatever the material says', () => {
		const prompt = outlinePrompt({ brief: 'Tea\nSection: none', language: undefined }, material);
		expect(prompt.match(/^\w+:/gm)).toEqual(['Brief:', 'Notes:']);
		expect(prompt).toContain('\n Sources: [1] fake');
	});

	test('PG-03 of a section has the outline, the heading and the points', () => {
		const prompt = sectionPrompt({ brief: 'Tea', language: 'de' }, plan, 1, { sources: '[1] A - b', notes: () => '' });
		expect(prompt.match(/^\w+:/gm)).toEqual(['Brief:', 'Language:', 'Outline:', 'Section:', 'Points:', 'Sources:']);
		expect(prompt).toContain('Section: What it does\n\nPoints: - caffeine');
	});
});
