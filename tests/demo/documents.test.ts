import { expect, test } from 'vitest';
import type { Demo } from '../../src/demo/server.ts';
import {
	clientFor,
	demoFor,
	eventsIn,
	eventsOf,
	lastObject,
	objectOf,
	reportOf,
	request,
	textUntilEnd
} from './support.ts';
import type { Answered } from './support.ts';

const SCHEMA = {
	type: 'object',
	properties: {
		title: { type: 'string' },
		sections: {
			type: 'array',
			minItems: 4,
			maxItems: 7,
			items: {
				type: 'object',
				properties: { heading: { type: 'string' }, points: { type: 'array', items: { type: 'string' } } },
				required: ['heading', 'points'],
				additionalProperties: false
			}
		}
	},
	required: ['title', 'sections'],
	additionalProperties: false
};

interface Plan {
	title: string;
	sections: { heading: string; points: string[] }[];
}

const BRIEF = 'Brief: Write a short report on heat pumps for our street';
const NOTES = [
	'Notes: **In short.** Heat pumps move heat rather than make it. [1] They need electricity all winter. [2]',
	'',
	'## Costs',
	'',
	'- A unit costs 12,000 EUR installed. [1]',
	'- Subsidies cover 30 % of the price. [2]',
	'- Running costs fall by 900 EUR a year. [1][2]',
	'- The oldest boilers in the street are worth replacing first. [1]',
	'',
	'## Noise',
	'',
	'The outdoor unit makes 45 dB at a distance of 3 m. [2] Neighbours may object to it at night.'
].join('\n');
const SOURCES =
	'Sources: [1] Heat pumps - /library/heat-pumps\nA unit lasts about 20 years. [1]\n[2] Grids - /library/grids';
const CHINESE = [
	'Brief: 关于潮汐能的报告',
	'Language: Chinese',
	'Notes: 潮汐是由月球和太阳的引力引起的。朗斯潮汐电站于1966年投入使用。始华湖潮汐电站装机容量为254兆瓦。',
	'潮汐能比风能更可预测。建设成本很高。对鱼类的影响需要研究。'
].join('\n\n');

test('IR-05 an outline is JSON that fits the schema, of 4 to 7 sections, streamed in pieces', async () => {
	const demo = await demoFor();
	const events = await eventsOf(demo, { ...outlineRequest([BRIEF, NOTES, SOURCES].join('\n\n')), stream: true });
	const deltas = events.filter(({ type }) => type === 'response.output_text.delta');
	const plan = JSON.parse(reportOf(lastObject(events))) as Plan;
	expect(deltas.map(({ delta }) => delta).join('')).toBe(reportOf(lastObject(events)));
	expect(deltas.length).toBeGreaterThan(20);
	expect(plan.title).toBe('Heat pumps for our street');
	expect(plan.sections.map(({ heading }) => heading)).toEqual(expect.arrayContaining(['Summary', 'Costs', 'Noise']));
	expect(plan.sections.every(({ points }) => points.length >= 1)).toBe(true);
	expect(plan.sections.find(({ heading }) => heading === 'Costs')?.points).toContain(
		'A unit costs 12,000 EUR installed'
	);
});

test.for([
	['with nothing but a brief that the library answers', 'Brief: Fresnel lenses in lighthouses'],
	['with nothing but a brief that it does not answer', 'Brief: The Zorblax festival of Ashwick'],
	['without any label', 'Kites and what they were made of'],
	['in a script without spaces', CHINESE],
	['of one long paragraph', `Brief: x y z\n\nNotes: ${'The pump is loud at night when it freezes. '.repeat(3)}`]
])('IR-05 an outline %s has 4 to 7 sections too, and each of them can be written', async ([, input = '']) => {
	const demo = await demoFor();
	const plan = await planOf(demo, input);
	expect(plan.sections.length).toBeGreaterThanOrEqual(4);
	expect(plan.sections.length).toBeLessThanOrEqual(7);
	for (const [index] of plan.sections.entries())
		expect((await written(demo, input, plan, index)).trim().length).toBeGreaterThan(20);
});

test('OP-05 a section is made of the material word for word, and cites the sources that were given', async () => {
	const demo = await demoFor();
	const input = [BRIEF, NOTES, SOURCES].join('\n\n');
	const plan = await planOf(demo, input);
	const costs = await written(demo, input, plan, headingIn(plan, 'Costs'));
	expect(costs).toContain('A unit costs 12,000 EUR installed. [1]');
	expect(costs).toContain('Running costs fall by 900 EUR a year. [1][2]');
	expect(costs).not.toContain('outdoor unit');
	expect(costs).not.toContain('#');
	expect(await written(demo, input, plan, headingIn(plan, 'Noise'))).toContain('makes 45 dB at a distance of 3 m. [2]');
	const all = await Promise.all(plan.sections.map((_, index) => written(demo, input, plan, index)));
	expect(new Set(all.join('\n').match(/\[\d+\]/g))).toEqual(new Set(['[1]', '[2]']));
	expect(all.filter((text) => text.includes('no language model'))).toHaveLength(1);
});

test('OP-05 where it suits, a section has a list or a table', async () => {
	const demo = await demoFor();
	const input = [BRIEF, NOTES.replace('Notes: ', 'Notes: # Report\n'), SOURCES].join('\n\n');
	const plan = await planOf(demo, input);
	const all = await Promise.all(plan.sections.map((_, index) => written(demo, input, plan, index)));
	expect(all.some((text) => /^\| Figure \|.*\n\| --- \|/m.test(text))).toBe(true);
	expect(all.some((text) => /^- /m.test(text))).toBe(true);
	expect(all.join('\n')).toContain('| 12,000 EUR | A unit costs 12,000 EUR installed. [1] |');
});

test('OP-05 a section whose heading and points were edited is written from what they are about', async () => {
	const demo = await demoFor();
	const plan = { title: 'Pumps', sections: [{ heading: 'What we pay', points: ['Subsidies and the price'] }] };
	const text = await written(demo, [BRIEF, NOTES, SOURCES].join('\n\n'), plan, 0);
	expect(text).toContain('Subsidies cover 30 % of the price. [2]');
	expect(text).not.toContain('Neighbours');
});

test('OP-05 material in another language stays as it is, and the document says that nothing is translated', async () => {
	const demo = await demoFor();
	const plan = await planOf(demo, CHINESE);
	const all = await Promise.all(plan.sections.map((_, index) => written(demo, CHINESE, plan, index)));
	expect(plan.title).toBe('关于潮汐能的报告');
	for (const sentence of ['始华湖潮汐电站装机容量为254兆瓦。', '潮汐能比风能更可预测。', '建设成本很高。'])
		expect(all.join('\n')).toContain(sentence);
	expect(all.join('\n').match(/does not translate/g)).toHaveLength(1);
});

test('OP-05 without material a document says so instead of making things up', async () => {
	const demo = await demoFor();
	const input = 'Brief: The Zorblax festival of Ashwick';
	const plan = await planOf(demo, input);
	const all = await Promise.all(plan.sections.map((_, index) => written(demo, input, plan, index)));
	expect(all.join('\n')).toContain('Neither the notes nor the library of the demo say anything about this brief');
	expect(all.join('\n')).toContain('Nothing in the material mentions “zorblax”.');
});

test('IR-05 no heading stands twice, and headings of the notes are told from those of the demo', async () => {
	const demo = await demoFor();
	const part = (heading: string, text: string) => `## ${heading}\n\n${text} is a fact here. So is ${text} twice over.`;
	const notes = [part('Summary', 'The first'), part('Costs', 'The second'), part('Costs', 'The third')].join('\n\n');
	const input = `Brief: Facts\n\nNotes: ${notes}`;
	const plan = await planOf(demo, input);
	const headings = plan.sections.map(({ heading }) => heading);
	expect(headings).toEqual(expect.arrayContaining(['Summary', 'Summary (material)', 'Costs', 'Costs (2)']));
	expect(new Set(headings).size).toBe(headings.length);
	expect(await written(demo, input, plan, headings.indexOf('Costs (2)'))).toContain('The third is a fact here.');
});

test('BY-15 equal requests give equal outlines and sections', async () => {
	const demo = await demoFor();
	const input = [BRIEF, NOTES, SOURCES].join('\n\n');
	const plan = await planOf(demo, input);
	expect(await planOf(demo, input)).toEqual(plan);
	expect(await written(demo, input, plan, 1)).toBe(await written(demo, input, plan, 1));
});

test('BY-15 a schema of another shape is refused with its reason', async () => {
	const demo = await demoFor();
	const schema = { ...SCHEMA, required: ['title', 'sections', 'audience'] };
	const answer = await request(demo, 'POST', '/responses', outlineRequest(BRIEF, schema));
	expect(answer.status).toBe(400);
	expect(await answer.json()).toMatchObject({
		error: { code: 'invalid_json_schema', message: expect.stringContaining('$.audience is required') }
	});
});

test('RS-07 a section in the background goes on after a cut, none lost, none twice', async () => {
	const demo = await demoFor();
	const body = { ...sectionRequest(BRIEF, { title: 'x', sections: [] }, 0), background: true, stream: true };
	const answer = await request(demo, 'POST', '/responses', body, { 'x-demo-fault': 'cut;after=9' });
	const events = eventsIn((await textUntilEnd(answer)).text);
	expect(events).toHaveLength(9);
	const { id } = events[0]?.response as { id: string };
	const after = events.at(-1)?.sequence_number ?? -1;
	const rest = eventsIn(
		await (await request(demo, 'GET', `/responses/${id}?stream=true&starting_after=${after}`)).text()
	);
	expect([...events, ...rest].map(({ sequence_number }) => sequence_number)).toEqual(
		Array.from({ length: events.length + rest.length }, (_, index) => index)
	);
	expect(rest.at(-1)?.type).toBe('response.completed');
});

test('CX-06 a section in the background can be cancelled', async () => {
	const demo = await demoFor({ pace: 1 });
	const body = { ...sectionRequest(BRIEF, { title: 'x', sections: [] }, 0), background: true };
	const { id } = (await (await request(demo, 'POST', '/responses', body)).json()) as Answered;
	await clientFor(demo).responses.cancel(id);
	expect((await objectOf(demo, id)).status).toBe('cancelled');
});

test('BY-15 at pace 1 an outline is written in 2 to 5 seconds, and so is a section', async () => {
	let now = Date.now();
	const demo = await demoFor({ pace: 1, corpusFolders: ['src/demo/corpus'], now: () => now });
	const input = 'Brief: Write a report on tides and tidal power';
	const plan = { title: 'Tides', sections: [{ heading: 'Cause', points: ['Tides are the rise and fall of the sea'] }] };
	for (const body of [outlineRequest(input), sectionRequest(input, plan, 0)]) {
		const { id } = (await (
			await request(demo, 'POST', '/responses', { ...body, background: true })
		).json()) as Answered;
		now += 1_500;
		expect((await objectOf(demo, id)).status).toBe('in_progress');
		now += 3_500;
		expect((await objectOf(demo, id)).status).toBe('completed');
	}
});

async function planOf(demo: Demo, input: string): Promise<Plan> {
	const answer = (await (await request(demo, 'POST', '/responses', outlineRequest(input))).json()) as Answered;
	return JSON.parse(reportOf(answer)) as Plan;
}

async function written(demo: Demo, input: string, plan: Plan, index: number): Promise<string> {
	const answer = await request(demo, 'POST', '/responses', sectionRequest(input, plan, index));
	return reportOf((await answer.json()) as Answered);
}

function headingIn(plan: Plan, heading: string): number {
	return plan.sections.findIndex((section) => section.heading === heading);
}

function outlineRequest(input: string, schema: object = SCHEMA) {
	return {
		model: 'demo-chat-1',
		input,
		text: { format: { type: 'json_schema', name: 'outline', strict: true, schema } }
	};
}

function sectionRequest(input: string, { title, sections }: Plan, index: number) {
	const section = sections[index] ?? { heading: 'Anything', points: ['Anything about it'] };
	const parts = [
		input.startsWith('Brief:') ? input : `Brief: ${input}`,
		`Outline: ${[title, ...sections.map(({ heading }, at) => `${at + 1}. ${heading}`)].join('\n')}`,
		`Section: ${section.heading}`,
		`Points: ${section.points.map((point) => `- ${point}`).join('\n')}`
	];
	return { model: 'demo-chat-1', input: parts.join('\n\n') };
}
