import { describe, expect, test } from 'vitest';
import { aSource, echo, say, send, Talker } from '../../../http/talker.ts';
import { ended, makeApp, runsOf } from '../../../support/app.ts';

const chatting = () => makeApp({ runs: runsOf(echo) });
const titles = (list: { title: string }[]) => list.map(({ title }) => title);

describe('the list of conversations', () => {
	test('AG-02 the one used last comes first, page by page, and each says whether it runs', async () => {
		const talker = new Talker();
		const app = await makeApp({ runs: runsOf(talker.operation) });
		const begin = async (message: string) => {
			const { id } = await send(app, { message });
			(await talker.begun(id)).finish();
			await ended(app, id);
			return id;
		};
		const ids = [await begin('One'), await begin('Two'), await begin('Three')];
		const running = await send(app, { message: 'More', conversationId: ids[0] });
		await talker.begun(running.id);
		const first = await app.conversations.list('local', { limit: 2 });
		expect(first.conversations).toMatchObject([
			{ title: 'One', running: true },
			{ title: 'Three', running: false }
		]);
		const rest = await app.conversations.list('local', { limit: 2, before: first.next ?? '' });
		expect([titles(rest.conversations), rest.next]).toEqual([['Two'], null]);
		await expect(app.conversations.list('local', { before: 'nonsense' })).rejects.toMatchObject({
			code: 'bad_request'
		});
	});

	test('AG-02 conversations of a project, of none, and of all', async () => {
		const app = await chatting();
		const { id: projectId } = await app.conversations.projects.create('local', 'Thesis');
		await say(app, { message: 'Inside', projectId });
		const { id } = await say(app, { message: 'Outside' });
		const listed = async (filter: object) => titles((await app.conversations.list('local', filter)).conversations);
		expect(await listed({ projectId })).toEqual(['Inside']);
		expect(await listed({ projectId: null })).toEqual(['Outside']);
		expect((await listed({})).toSorted()).toEqual(['Inside', 'Outside']);
		expect(await app.conversations.move('local', { id, projectId })).toMatchObject({ id, projectId });
		expect((await listed({ projectId })).toSorted()).toEqual(['Inside', 'Outside']);
		expect(await app.conversations.projects.list('local')).toMatchObject([{ name: 'Thesis', conversations: 2 }]);
	});

	test('RS-01 nobody sees, renames, moves or chooses in the conversations of another', async () => {
		const app = await chatting();
		const { id } = await say(app, { message: 'A secret of Alice' }, 'alice');
		const project = await app.conversations.projects.create('bob', 'Mine');
		expect((await app.conversations.list('bob')).conversations).toEqual([]);
		expect(await app.conversations.search('bob', { query: 'secret' })).toEqual([]);
		const { conversations } = app;
		const attempts = [
			() => conversations.get('bob', { id }),
			() => conversations.markdown('bob', { id }),
			() => conversations.rename('bob', { id, title: 'Mine' }),
			() => conversations.move('bob', { id, projectId: project.id }),
			() => conversations.move('alice', { id, projectId: project.id }),
			() => conversations.choose('bob', { id, head: id }),
			() => conversations.of('bob', id)
		];
		for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
		expect(await conversations.get('alice', { id })).toMatchObject({ title: 'A secret of Alice', projectId: null });
	});
});

describe('search', () => {
	test.each([
		['tides', 'How do tides work?'],
		['TIDES work', 'How do tides work?'],
		['cafe', 'Where is the Café Größe?'],
		['größe', 'Where is the Café Größe?'],
		['潮汐', '潮汐是怎么形成的'],
		['潮汐是怎么', '潮汐是怎么形成的'],
		['100%', 'Is it 100% sure?'],
		['do', 'How do tides work?']
	])('AG-02 %j finds the conversation whose words it is in', async (query, title) => {
		const app = await chatting();
		for (const message of ['How do tides work?', 'Where is the Café Größe?', '潮汐是怎么形成的', 'Is it 100% sure?'])
			await say(app, { message });
		const found = await app.conversations.search('local', { query });
		expect(titles(found)).toEqual([title]);
		expect(found[0]?.snippet).toContain(title);
	});

	test('AG-02 all words must be in one turn, answers count, and titles that a person gave too', async () => {
		const app = await chatting();
		const { id } = await say(app, { message: 'apples' });
		const second = await say(app, { message: 'pears', conversationId: id });
		expect(await app.conversations.search('local', { query: 'apples pears' })).toEqual([]);
		expect(await app.conversations.search('local', { query: 'echo pears' })).toMatchObject([
			{ id, jobId: second.id, snippet: 'pears' }
		]);
		await app.conversations.rename('local', { id, title: 'Über Obst' });
		expect(await app.conversations.search('local', { query: 'uber obst' })).toMatchObject([{ id, jobId: null }]);
	});

	test.each([
		'',
		'   ',
		'"',
		'" OR "x',
		'NEAR(',
		'*',
		'message:',
		'\u0000',
		"'; drop table turns; --",
		'-echo',
		'a^b ('
	])('AG-02 %j is looked for as it stands, and breaks nothing', async (query) => {
		const app = await chatting();
		await say(app, { message: 'Nothing of the kind' });
		expect(await app.conversations.search('local', { query })).toEqual([]);
	});

	test('AG-02 short words are found in any case, also beyond English', async () => {
		const app = await chatting();
		const { id } = await say(app, { message: 'Teures Öl' });
		for (const query of ['öl', 'ÖL', 'Öl', 'ö'])
			expect(await app.conversations.search('local', { query })).toMatchObject([{ id, jobId: id }]);
	});

	test('AG-02 a long text is shown where the words are', async () => {
		const app = await chatting();
		await say(app, { message: `${'before '.repeat(500)}needle ${'after '.repeat(500)}` });
		const [found] = await app.conversations.search('local', { query: 'needle' });
		expect(found?.snippet).toMatch(/^….*needle after.*…$/);
		expect(found?.snippet.length).toBeLessThan(200);
	});
});

describe('the export', () => {
	test('AG-02 has the whole branch with its sources, in order, and says what was stopped or failed', async () => {
		const talker = new Talker();
		const app = await makeApp({ runs: runsOf(talker.operation) });
		const first = await send(app, { message: 'How do tides work?' });
		const one = await talker.begun(first.id);
		one.say('The Moon pulls [1].');
		one.finish({ text: 'The Moon pulls [1].', citations: [aSource] });
		await ended(app, first.id);
		const second = await send(app, { message: 'And why?', conversationId: first.id });
		(await talker.begun(second.id)).fail('The provider is not there.');
		await ended(app, second.id);
		const { name, markdown } = await app.conversations.markdown('local', { id: first.id });
		expect(name).toBe('How do tides work.md');
		expect(markdown).toBe(
			[
				...['# How do tides work?', '## You', 'How do tides work?', '## Headway', 'The Moon pulls [1].'],
				...['Sources:', '- [1] Tides, page 2, The Moon', '## You', 'And why?', '## Headway'],
				'*Failed: The provider is not there.*\n'
			].join('\n\n')
		);
	});
});
