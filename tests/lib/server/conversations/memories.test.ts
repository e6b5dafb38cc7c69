import { describe, expect, test } from 'vitest';
import { echo, say, send, Talker } from '../../../http/talker.ts';
import { ended, makeApp, runsOf, temporaryFolder } from '../../../support/app.ts';

const texts = (list: { text: string }[]) => list.map(({ text }) => text);

async function talking(dataDir = temporaryFolder()) {
	const talker = new Talker();
	const app = await makeApp({ dataDir, runs: runsOf(talker.operation) });
	const converse = async (input: object, owner = 'local') => {
		const { id } = await send(app, input, owner);
		const step = await talker.begun(id);
		return { id, step, conversation: await step.ctx.conversation() };
	};
	return { app, converse };
}

describe('memories', () => {
	test('AG-02 what one turn keeps, the next conversation knows, newest first, also after a restart', async () => {
		const dataDir = temporaryFolder();
		const first = await talking(dataDir);
		const { id, conversation } = await first.converse({ message: 'I am Ada.' });
		const kept = await conversation.remember(['Her name is Ada.', 'She likes tea.']);
		expect(kept).toMatchObject([{ text: 'Her name is Ada.', jobId: id, projectId: null }, { text: 'She likes tea.' }]);
		await first.app.close();
		const second = await talking(dataDir);
		const other = await second.converse({ message: 'Who am I?' });
		expect(texts(await other.conversation.memories())).toEqual(['She likes tea.', 'Her name is Ada.']);
	});

	test('AG-02 the same is not kept twice, however it is written, and a turn that is taken up again is given its own', async () => {
		const { app, converse } = await talking();
		const one = await converse({ message: 'I am Ada.' });
		const [kept] = await one.conversation.remember(['Her name is Ada.']);
		expect(await one.conversation.remember(['her  name is ADA', 'Her name is Ada!'])).toEqual([kept]);
		const two = await converse({ message: 'I am Ada.' });
		expect(await two.conversation.remember(['Her name is Ada.', '  '])).toEqual([]);
		expect(await app.conversations.memories.list('local')).toHaveLength(1);
	});

	test('AG-02 a project’s memories are known in its conversations only, and go with it', async () => {
		const { app, converse } = await talking();
		const { projects, memories } = app.conversations;
		const { id: projectId } = await projects.create('local', 'Thesis');
		const inside = await converse({ message: 'About tides', projectId });
		await inside.conversation.remember(['The thesis is about tides.']);
		await memories.add('local', { text: 'Likes tea.', projectId: null });
		expect(texts(await inside.conversation.memories())).toEqual(['Likes tea.', 'The thesis is about tides.']);
		const outside = await converse({ message: 'Hello' });
		expect(texts(await outside.conversation.memories())).toEqual(['Likes tea.']);
		inside.step.finish();
		await projects.remove('local', projectId);
		expect(texts(await memories.list('local'))).toEqual(['Likes tea.']);
		expect(await app.conversations.get('local', { id: inside.id })).toMatchObject({ projectId: null, project: null });
	});

	test('AG-02 a turn tells of what it kept as it reads now: changed words, and none of what was forgotten', async () => {
		const { app, converse } = await talking();
		const { id, step, conversation } = await converse({ message: 'I am Ada.' });
		const kept = await conversation.remember(['Her name is Ada.', 'She likes tea.']);
		for (const { id: memory, text, projectId } of kept) step.ctx.emit('memory', { id: memory, text, projectId });
		step.finish();
		await ended(app, id);
		const told = async () => (await app.conversations.get('local', { id })).turns[0]?.memories;
		const [name, tea] = kept.map((memory) => memory.id);
		expect(await told()).toEqual([
			{ id: name, text: 'Her name is Ada.', projectId: null, forgotten: false },
			{ id: tea, text: 'She likes tea.', projectId: null, forgotten: false }
		]);
		await app.conversations.memories.edit('local', { id: name ?? '', text: 'Her name is Ada Bremer.' });
		await app.conversations.memories.remove('local', tea ?? '');
		expect(await told()).toEqual([
			{ id: name, text: 'Her name is Ada Bremer.', projectId: null, forgotten: false },
			{ id: tea, text: '', projectId: null, forgotten: true }
		]);
	});

	test('AG-02 switched off, nothing is kept and nothing is used; what was kept is still there to see', async () => {
		const { app, converse } = await talking();
		await app.conversations.memories.add('local', { text: 'Likes tea.', projectId: null });
		await app.preferences.set('local', { memory: false });
		const { conversation } = await converse({ message: 'I am Ada.' });
		expect(await conversation.remembers()).toBe(false);
		expect(await conversation.memories()).toEqual([]);
		expect(await conversation.remember(['Her name is Ada.'])).toEqual([]);
		expect(texts(await app.conversations.memories.list('local'))).toEqual(['Likes tea.']);
		await app.preferences.set('local', { memory: true });
		expect(texts(await conversation.memories())).toEqual(['Likes tea.']);
	});

	test('AG-02 a person adds, edits and deletes memories, and nobody else does', async () => {
		const app = await makeApp({ runs: runsOf(echo) });
		const { memories, projects } = app.conversations;
		const { id } = await memories.add('alice', { text: ' Likes\n tea. ', projectId: null });
		expect(await memories.add('alice', { text: 'likes tea', projectId: null })).toMatchObject({
			id,
			text: 'Likes tea.'
		});
		const { id: projectId } = await projects.create('alice', 'Mine');
		const attempts = [
			() => memories.edit('bob', { id, text: 'Stolen' }),
			() => memories.remove('bob', id),
			() => memories.add('bob', { text: 'Mine', projectId }),
			() => projects.rename('bob', { id: projectId, name: 'Stolen' }),
			() => projects.remove('bob', projectId)
		];
		for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
		expect(await memories.list('bob')).toEqual([]);
		expect(await memories.edit('alice', { id, text: 'Likes coffee.' })).toMatchObject({ id, text: 'Likes coffee.' });
		await memories.remove('alice', id);
		expect(await memories.list('alice')).toEqual([]);
	});

	test('AG-02 at a thousand a turn keeps none more, and a person is told', async () => {
		const { app, converse } = await talking();
		const { memories } = app.conversations;
		for (let n = 0; n < 1_000; n++) await memories.add('local', { text: `Fact ${n}`, projectId: null });
		const { conversation } = await converse({ message: 'One more' });
		expect(await conversation.remember(['One too many'])).toEqual([]);
		await expect(memories.add('local', { text: 'Mine', projectId: null })).rejects.toMatchObject({
			code: 'limit_reached'
		});
		expect(await conversation.memories()).toHaveLength(200);
	}, 30_000);

	test('AG-02 two projects of one name are refused, in whatever case', async () => {
		const app = await makeApp({ runs: runsOf(echo) });
		const { projects } = app.conversations;
		const { id } = await projects.create('local', 'Thesis');
		await expect(projects.create('local', 'thesis')).rejects.toMatchObject({ code: 'conflict' });
		expect(await projects.rename('local', { id, name: 'thesis' })).toEqual({ id, name: 'thesis' });
		await projects.create('local', 'Öl');
		await expect(projects.create('local', 'ÖL')).rejects.toMatchObject({ code: 'conflict' });
		await projects.create('other', 'Thesis');
		await say(app, { message: 'Hi', projectId: id });
		expect(await projects.list('local')).toContainEqual({ id, name: 'thesis', conversations: 1, documents: 0 });
	});
});
