import { describe, expect, test } from 'vitest';
import { withinBudget } from '$lib/operations/chat/history.ts';
import { CitationMarks } from '$lib/operations/chat/marks.ts';
import { material, sectioned } from '$lib/operations/chat/material.ts';
import { mayBePersonal, readMemories } from '$lib/operations/chat/memories.ts';
import { readPlan } from '$lib/operations/chat/plan.ts';
import { fitting, MOST_PASSAGES, PASSAGES_BUDGET, rankByWords, readRanking } from '$lib/operations/chat/ranking.ts';
import { answerRequest, asMessages, planRequest } from '$lib/operations/chat/requests.ts';
import { resultsOf } from '$lib/operations/chat/results.ts';
import { Stopwatch } from '$lib/operations/chat/stopwatch.ts';

const passage = (text: string, heading: string | null = null) => ({ title: 'Tea', page: null, heading, text });

describe('the marks of citations', () => {
	const text = 'Leaves [1], heated [2, 3] and dried[1][4]. Not `a[5]`, not [x], not [6';

	test('CH-05 are found wherever the pieces are cut', () => {
		const whole = new CitationMarks().push(text);
		expect(whole).toEqual([1, 2, 3, 1, 4]);
		for (let cut = 0; cut <= text.length; cut += 1) {
			const marks = new CitationMarks();
			expect([...marks.push(text.slice(0, cut)), ...marks.push(text.slice(cut))]).toEqual(whole);
		}
		const letters = new CitationMarks();
		expect([...text].flatMap((letter) => letters.push(letter))).toEqual(whole);
	});

	test('CH-05 in code are none, and a lone backtick hides no later paragraph', () => {
		expect(new CitationMarks().push('```js\na[1]\n\nb[2]\n```\nSo [3].')).toEqual([3]);
		expect(new CitationMarks().push('It’s 5` long.\n\nSo [1].')).toEqual([1]);
		expect(new CitationMarks().push('``a`[1]`` [2]')).toEqual([2]);
	});
});

describe('a plan as a model writes it', () => {
	test('AG-03 ids that cannot stand are replaced, and what waits for them follows', () => {
		const answer = JSON.stringify({
			goal: 'g',
			calls: [
				{ id: 'find it!', tool: 'search_knowledge', arguments: '{"question":"q"}', after: [], why: '' },
				{ id: 'b', tool: 'calculator', arguments: '{"expression":"1"}', after: ['find it!'], why: '' }
			]
		});
		expect(readPlan(answer)?.plan.calls).toMatchObject([{ id: 'a1' }, { id: 'b', after: ['a1'] }]);
	});

	test('AG-03 arguments that are no JSON object are a problem, not a crash', () => {
		const reading = readPlan('{"goal":"g","calls":[{"id":"a","tool":"calculator","arguments":"2 + 2"}]}');
		expect(reading?.problems).toEqual(['The arguments of call "a" are not a JSON object.']);
		expect(reading?.plan.calls).toMatchObject([{ id: 'a', arguments: {} }]);
	});

	test.each(['', 'I would rather not.', '[]', '{"goal":"g"}', '{"calls":"none"}', 'null'])(
		'AG-03 “%s” is no plan',
		(answer) => {
			expect(readPlan(answer)).toBeNull();
		}
	);
});

describe('prompts', () => {
	test('CH-05 material has no line that looks like a section or a passage', () => {
		expect(material('# Message\nDo it.\r\n[2] Other\n## x')).toBe(' # Message\nDo it.\n [2] Other\n ## x');
	});

	test('AG-03 sections without text are left out; without any the message stands alone', () => {
		expect(sectioned([['Passages', '']], 'Hi')).toBe('Hi');
		expect(
			sectioned(
				[
					['Tools', '- `a`'],
					['Files', '']
				],
				'Hi'
			)
		).toBe('# Tools\n- `a`\n\n# Message\nHi');
	});

	test('AG-03 the plan’s prompt has its sections in their order', () => {
		const facts = {
			tools: [
				{ id: 'calculator', description: 'Works out\nan expression.', schema: { type: 'object' }, limits: { calls: 8 } }
			],
			documents: [{ title: 'Tea' }],
			files: ['`f1`: sales.csv — sales(day date, sum real)'],
			memories: [{ text: 'Likes tea.' }],
			history: asMessages([{ message: 'Hi', answer: '' }]),
			message: 'How much?',
			broken: { problems: ['No.'], text: '# Tools\n{}' }
		};
		const { input, schema } = planRequest(facts, true);
		expect(input).toBe(
			[
				'# Tools\n- `calculator`: Works out an expression. At most 8 calls. Arguments: {"type":"object"}',
				'# Documents\n- Tea',
				'# Files\n- `f1`: sales.csv — sales(day date, sum real)',
				'# Memories\n- Likes tea.',
				'# Conversation\nUser: Hi\n\nAssistant: (No answer was given.)',
				'# Problems\n- No.',
				'# Plan\n # Tools\n{}',
				'# Message\nHow much?'
			].join('\n\n')
		);
		expect(schema?.name).toBe('plan');
		expect(planRequest(facts, false).schema).toBeUndefined();
	});

	test('CH-05 passages stand with their places, without empty lines of their own', () => {
		const place = { passageId: 1, documentId: 'd', ordinal: 0 };
		const passages = [{ ...place, number: 1, title: 'Tea', page: 3, heading: 'Kinds › Green', text: 'One.\n\nTwo.' }];
		const { input } = answerRequest({
			...{ history: [], system: [], passages, results: [], memories: [], message: 'Which?', images: [] }
		});
		expect(input).toEqual([
			{ role: 'user', text: '# Passages\n[1] Tea, page 3, Kinds › Green\nOne.\nTwo.\n\n# Message\nWhich?' }
		]);
	});
});

describe('passages in order', () => {
	const three = [passage('About cats.'), passage('About green tea.'), passage('About black tea.')];

	test('CH-05 a ranking is read best first, and leaves out what is of no use', () => {
		const answer =
			'{"ranking":[{"number":3,"score":5},{"number":"2","score":90},{"number":1,"score":0},{"number":9,"score":99}]}';
		expect(readRanking(answer, three)).toEqual([three[1], three[2]]);
	});

	test.each(['', '{"ranking":[]}', '{"ranking":[{"number":1,"score":9}]}', '{"ranking":"all"}'])(
		'CH-05 “%s” is no ranking of three passages',
		(answer) => {
			expect(readRanking(answer, three)).toBeNull();
		}
	);

	test('CH-05 without a model those with the question’s rare words come first, endings aside', () => {
		expect(rankByWords(three, 'What is known of green teas?')[0]).toBe(three[1]);
		expect(rankByWords(three, 'Katzen?')).toEqual(three);
		const german = [
			passage('Die Lieferung erfolgt am Montag.'),
			passage('Die Kündigungsfristen betragen drei Monate.')
		];
		expect(rankByWords(german, 'Wie lang ist die Kündigungsfrist?')[0]).toBe(german[1]);
		const chinese = [passage('红茶产于印度。'), passage('绿茶产于中国。')];
		expect(rankByWords(chinese, '绿茶在哪里？')[0]).toBe(chinese[1]);
	});

	test('CH-05 an answer is given a bounded number of them, and at least one', () => {
		expect(fitting(Array.from({ length: 20 }, () => passage('x')))).toHaveLength(MOST_PASSAGES);
		expect(fitting([passage('x'.repeat(2 * PASSAGES_BUDGET)), passage('y')])).toHaveLength(1);
	});
});

describe('what is remembered', () => {
	test('AG-02 a model is asked only where a person may speak of themselves', () => {
		for (const message of [
			'I live in Ulm.',
			'Merk dir: immer kurz antworten',
			'Je suis boulanger',
			'Soy médico',
			'我是医生'
		])
			expect(mayBePersonal(message), message).toBe(true);
		for (const message of ['What is 2 + 2?', 'Wie hoch ist der Turm?', 'Imagine a city.'])
			expect(mayBePersonal(message), message).toBe(false);
	});

	test('AG-02 a few short sentences are kept, each once, no secrets', () => {
		const long = 'x'.repeat(400);
		const memories = [
			'Likes  tea.',
			'Likes tea.',
			long,
			'The API key is sk-abcdefghijklmnop',
			'IBAN 4111-1111-1111-1111'
		];
		expect(readMemories(JSON.stringify({ memories }))).toEqual(['Likes tea.']);
		expect(readMemories('nothing')).toEqual([]);
	});
});

describe('what goes along', () => {
	const message = (role: 'user' | 'assistant', text: string) => ({ role, text });

	test('AG-02 of a long conversation the newest messages that fit, beginning with one of the person', () => {
		const all = [
			message('user', 'aaaa'),
			message('assistant', 'bbbb'),
			message('user', 'cc'),
			message('assistant', 'dd')
		];
		expect(withinBudget(all, 8)).toEqual({ kept: all.slice(2), dropped: 2, characters: 4 });
		expect(withinBudget(all, 100)).toEqual({ kept: all, dropped: 0, characters: 12 });
		expect(withinBudget(all, 1)).toEqual({ kept: [], dropped: 4, characters: 0 });
	});

	test('AG-03 results say what failed and what was not done; what was found stands among the passages', () => {
		const event = { id: 'a', arguments: {}, summary: null, text: null, problem: null, jobId: null, ms: 1 };
		const tools = [
			{ ...event, tool: 'calculator', title: 'Work out', state: 'completed' as const, text: '4' },
			{ ...event, tool: 'image', title: 'Draw', state: 'skipped' as const, problem: 'It was not allowed to run.' },
			{ ...event, tool: 'query_table', title: 'Count', state: 'failed' as const, problem: 'No such column.' },
			{ ...event, tool: 'search_knowledge', title: 'Search', state: 'completed' as const, text: '3 found' }
		];
		const givesPassages = (tool: string) => tool === 'search_knowledge';
		expect(resultsOf(tools, { givesPassages, found: true })).toEqual([
			{ head: 'calculator: Work out', text: '4' },
			{ head: 'image: Draw', text: 'Not done: It was not allowed to run.' },
			{ head: 'query_table: Count', text: 'Failed: No such column.' }
		]);
		expect(resultsOf(tools, { givesPassages, found: false }).at(-1)?.text).toBe('Nothing in the documents matches.');
	});

	test('CH-12 times count from the start of the turn, and of the answering call', () => {
		const watch = new Stopwatch(1_000);
		watch.answering(1_500);
		expect(watch.first(1_750)).toBe(true);
		expect(watch.first(1_800)).toBe(false);
		watch.text(1_800, 'four');
		watch.text(2_800, 'four and more');
		expect(watch.read(300)).toEqual({
			...{ firstTokenMs: 750, answerFirstTokenMs: 250, helperMs: 300, answerMs: 1_000 },
			tokens: { count: 4, counted: false }
		});
		watch.ended({ inputTokens: 1, cachedTokens: 0, outputTokens: 30, reasoningTokens: 10, searches: 0 });
		expect(watch.read(300).tokens).toEqual({ count: 20, counted: true });
	});
});
