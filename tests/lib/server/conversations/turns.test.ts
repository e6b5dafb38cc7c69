import { describe, expect, test } from 'vitest';
import { removeConversation, stopTurn } from '$lib/server/conversations/turn-commands.ts';
import { echo, say, send, Talker } from '../../../http/talker.ts';
import { ended, makeApp, runsOf, until } from '../../../support/app.ts';

const chatting = () => makeApp({ runs: runsOf(echo) });
async function talking() {
	const talker = new Talker();
	return { talker, app: await makeApp({ runs: runsOf(talker.operation) }) };
}
const idsOf = ({ turns }: { turns: { jobId: string }[] }) => turns.map(({ jobId }) => jobId);

describe('turns', () => {
	test('AG-02 the first message begins a conversation with its job’s id, the next goes on after it and sees it', async () => {
		const { app, talker } = await talking();
		const first = await send(app, { message: 'My name is Ada.' });
		const one = await talker.begun(first.id);
		expect(await one.ctx.conversation()).toMatchObject({ id: first.id, projectId: null });
		expect(await (await one.ctx.conversation()).history()).toEqual([]);
		one.say('Hello Ada.');
		one.finish();
		await ended(app, first.id);
		const second = await send(app, { message: 'What is my name?', conversationId: first.id });
		const conversation = await (await talker.begun(second.id)).ctx.conversation();
		expect(conversation.id).toBe(first.id);
		expect(await conversation.history()).toEqual([
			{ jobId: first.id, message: 'My name is Ada.', answer: 'Hello Ada.', at: first.createdAt }
		]);
		expect(await app.conversations.get('local', { id: first.id })).toMatchObject({
			...{ id: first.id, title: 'My name is Ada.', named: false, head: second.id, earlier: 0 },
			turns: [
				{ jobId: first.id, after: null, answer: 'Hello Ada.', status: 'succeeded', complete: true },
				{ jobId: second.id, after: first.id, answer: '', status: 'running', complete: false }
			]
		});
	});

	test('CH-09 while an answer is being written the next message is refused in words, and nothing is begun', async () => {
		const { app, talker } = await talking();
		const first = await send(app, { message: 'One' });
		const step = await talker.begun(first.id);
		await expect(send(app, { message: 'Two', conversationId: first.id })).rejects.toMatchObject({
			code: 'conflict',
			message: 'Wait for the answer, or stop it.'
		});
		expect((await app.jobs.list('local', {})).jobs).toHaveLength(1);
		expect(idsOf(await app.conversations.get('local', { id: first.id }))).toEqual([first.id]);
		step.finish();
	});

	test('CH-09 after an error the conversation has what was said, and the next message works', async () => {
		const { app, talker } = await talking();
		const first = await send(app, { message: 'One' });
		const step = await talker.begun(first.id);
		step.say('Half an ans');
		step.fail('The provider broke off.');
		expect((await ended(app, first.id)).status).toBe('failed');
		const next = await send(app, { message: 'Two', conversationId: first.id });
		const history = await (await (await talker.begun(next.id)).ctx.conversation()).history();
		expect(history).toMatchObject([{ message: 'One', answer: 'Half an ans' }]);
		const { turns } = await app.conversations.get('local', { id: first.id });
		expect(turns[0]).toMatchObject({ status: 'failed', answer: 'Half an ans', error: { code: 'provider_error' } });
	});

	test('CH-03 a stop keeps what was on the page, to the letter, and the conversation goes on from there', async () => {
		const { app, talker } = await talking();
		const { id } = await send(app, { message: 'Count' });
		const step = await talker.begun(id);
		step.say('one two three four');
		await until(app, id, ({ content }) => (content.answer ?? '').length === 18);
		await stopTurn(app, 'local', { jobId: id, shown: 7 });
		expect((await ended(app, id)).status).toBe('cancelled');
		const { turns } = await app.conversations.get('local', { id });
		expect(turns[0]).toMatchObject({ status: 'cancelled', answer: 'one two', shown: 7 });
		const next = await send(app, { message: 'Go on', conversationId: id });
		const history = await (await (await talker.begun(next.id)).ctx.conversation()).history();
		expect(history).toMatchObject([{ message: 'Count', answer: 'one two' }]);
	});

	test('CH-03 between the halves of an emoji nothing is cut', async () => {
		const { app, talker } = await talking();
		const { id } = await send(app, { message: 'Smile' });
		(await talker.begun(id)).say('ab🙂cd');
		await until(app, id, ({ content }) => (content.answer ?? '').length === 6);
		await stopTurn(app, 'local', { jobId: id, shown: 3 });
		await ended(app, id);
		expect((await app.conversations.get('local', { id })).turns[0]?.answer).toBe('ab');
	});

	test('CH-03 a stop before the first token leaves an empty answer, and of two stops the first stands', async () => {
		const { app, talker } = await talking();
		const { id } = await send(app, { message: 'Wait' });
		const step = await talker.begun(id);
		const { promise: gone, resolve: go } = Promise.withResolvers<void>();
		talker.hold(id, gone);
		await stopTurn(app, 'local', { jobId: id, shown: 0 });
		await stopTurn(app, 'local', { jobId: id, shown: 5 });
		step.say('too late');
		go();
		expect((await ended(app, id)).status).toBe('cancelled');
		expect((await app.conversations.get('local', { id })).turns[0]).toMatchObject({ answer: '', shown: 0 });
	});

	test('CH-03 CX-12 the next message need not wait for the receipt of the one that was stopped', async () => {
		const { app, talker } = await talking();
		const { id } = await send(app, { message: 'Count' });
		(await talker.begun(id)).say('one two three');
		await until(app, id, ({ content }) => (content.answer ?? '').length === 13);
		const { promise: gone, resolve: go } = Promise.withResolvers<void>();
		talker.hold(id, gone);
		await stopTurn(app, 'local', { jobId: id, shown: 3 });
		const next = await send(app, { message: 'Go on', conversationId: id });
		const conversation = await (await talker.begun(next.id)).ctx.conversation();
		expect((await app.jobs.snapshot('local', id)).status).toBe('running');
		expect(await conversation.history()).toMatchObject([{ answer: 'one' }]);
		go();
		await ended(app, id);
		expect(await conversation.history()).toMatchObject([{ answer: 'one' }]);
	});

	test('CH-03 a stop that comes after the end changes nothing', async () => {
		const app = await chatting();
		const { id } = await say(app, { message: 'Hi' });
		await stopTurn(app, 'local', { jobId: id, shown: 2 });
		expect((await app.conversations.get('local', { id })).turns[0]).toMatchObject({
			...{ status: 'succeeded', answer: 'Echo: Hi', shown: null }
		});
	});
});

describe('branches', () => {
	test('CH-09 an edited message is another turn at the same place, and each branch sees only its own history', async () => {
		const { app, talker } = await talking();
		const say = async (input: object) => {
			const { id } = await send(app, input);
			const step = await talker.begun(id);
			const history = await (await step.ctx.conversation()).history();
			step.say(`${(input as { message: string }).message}!`);
			step.finish();
			await ended(app, id);
			return { id, history: history.map(({ message }) => message) };
		};
		const a = await say({ message: 'A' });
		const b = await say({ message: 'B', conversationId: a.id });
		const c = await say({ message: 'C', conversationId: a.id });
		const edited = await say({ message: 'B2', conversationId: a.id, after: a.id });
		expect([b.history, c.history, edited.history]).toEqual([['A'], ['A', 'B'], ['A']]);
		const shown = await app.conversations.get('local', { id: a.id });
		expect(idsOf(shown)).toEqual([a.id, edited.id]);
		expect(shown.turns[1]?.siblings).toEqual([b.id, edited.id]);
		const back = await app.conversations.choose('local', { id: a.id, head: b.id });
		expect(idsOf(back)).toEqual([a.id, b.id, c.id]);
		expect(back.head).toBe(c.id);
		const next = await say({ message: 'D', conversationId: a.id });
		expect(next.history).toEqual(['A', 'B', 'C']);
		expect(idsOf(await app.conversations.get('local', { id: a.id, head: edited.id }))).toEqual([a.id, edited.id]);
	});

	test('CH-09 an edited first message begins the conversation anew and gives it its title, unless a person named it', async () => {
		const app = await chatting();
		const { id } = await say(app, { message: 'Old' });
		const again = await say(app, { message: 'New', conversationId: id, after: null });
		const view = await app.conversations.get('local', { id });
		expect(view).toMatchObject({
			id,
			title: 'New',
			turns: [{ jobId: again.id, after: null, siblings: [id, again.id] }]
		});
		await app.conversations.rename('local', { id, title: 'Mine' });
		await say(app, { message: 'Newer', conversationId: id, after: null });
		expect((await app.conversations.get('local', { id })).title).toBe('Mine');
	});

	test('CH-10 a turn that is retried stands beside the first one, in the same conversation', async () => {
		const app = await chatting();
		const { id } = await say(app, { message: 'One' });
		const two = await say(app, { message: 'Two', conversationId: id });
		const { snapshot } = await app.jobs.retry('local', two.id);
		await ended(app, snapshot.id);
		const first = await app.jobs.retry('local', id);
		await ended(app, first.snapshot.id);
		expect(await app.conversations.get('local', { id, head: snapshot.id })).toMatchObject({
			turns: [{ siblings: [id, first.snapshot.id] }, { jobId: snapshot.id, siblings: [two.id, snapshot.id] }]
		});
		expect((await app.conversations.list('local')).conversations).toHaveLength(1);
	});

	test('CH-09 deleting the job of a turn closes the gap, and the last one takes the conversation along', async () => {
		const app = await chatting();
		const { id } = await say(app, { message: 'A' });
		const b = await say(app, { message: 'B', conversationId: id });
		const c = await say(app, { message: 'Gamma', conversationId: id });
		await app.jobs.remove('local', b.id);
		expect(idsOf(await app.conversations.get('local', { id }))).toEqual([id, c.id]);
		await app.jobs.remove('local', c.id);
		expect(await app.conversations.get('local', { id })).toMatchObject({ head: id, turns: [{ jobId: id }] });
		expect(await app.conversations.search('local', { query: 'gamma' })).toEqual([]);
		await app.jobs.remove('local', id);
		await expect(app.conversations.get('local', { id })).rejects.toMatchObject({ code: 'not_found' });
	});

	test('CH-09 a long branch is read in pages, the newest first', async () => {
		const app = await chatting();
		const ids = [(await say(app, { message: '0' })).id];
		for (let n = 1; n < 103; n++) ids.push((await say(app, { message: `${n}`, conversationId: ids[0] })).id);
		const newest = await app.conversations.get('local', { id: ids[0] ?? '' });
		expect(idsOf(newest)).toEqual(ids.slice(3));
		expect(newest.earlier).toBe(3);
		const before = await app.conversations.get('local', { id: ids[0] ?? '', before: ids[3] });
		expect(idsOf(before)).toEqual(ids.slice(0, 3));
		expect(before.earlier).toBe(0);
		const { markdown } = await app.conversations.markdown('local', { id: ids[0] ?? '' });
		expect(markdown.match(/^## You$/gm)).toHaveLength(103);
	}, 30_000);
});

describe('places', () => {
	test('AG-02 who brings the history keeps the conversation: there is none here', async () => {
		const { app, talker } = await talking();
		const history = [{ role: 'user', text: 'Before' }];
		const { id } = await send(app, { message: 'Now', history });
		const step = await talker.begun(id);
		await expect(step.ctx.conversation()).rejects.toMatchObject({ code: 'not_found' });
		step.finish();
		await ended(app, id);
		expect((await app.conversations.list('local')).conversations).toEqual([]);
		await expect(send(app, { message: 'Now', history, conversationId: id })).rejects.toMatchObject({
			...{ code: 'invalid_input', fields: [{ path: 'input.history' }] }
		});
	});

	test('RS-01 a conversation, a turn or a project of another owner is not found, and nothing is begun there', async () => {
		const app = await chatting();
		const hers = await say(app, { message: 'Hers' }, 'alice');
		const his = await say(app, { message: 'His' }, 'bob');
		const project = await app.conversations.projects.create('alice', 'Secret');
		const attempts = [
			{ conversationId: hers.id },
			{ conversationId: his.id, after: hers.id },
			{ conversationId: his.id, after: 'job_ffffffffffffffffffff' },
			{ projectId: project.id }
		];
		for (const place of attempts)
			await expect(send(app, { message: 'Me', ...place }, 'bob')).rejects.toMatchObject({ code: 'not_found' });
		expect((await app.jobs.list('bob', {})).jobs).toHaveLength(1);
		expect((await app.conversations.get('alice', { id: hers.id })).turns).toHaveLength(1);
	});

	test('CX-05 deleting a conversation stops the turn that runs, and leaves no job, no turn and no words of it', async () => {
		const { app, talker } = await talking();
		const { id } = await send(app, { message: 'Xylophone' });
		(await talker.begun(id)).say('Marimba');
		await removeConversation(app, 'local', id);
		await expect(app.jobs.snapshot('local', id)).rejects.toMatchObject({ code: 'not_found' });
		expect((await app.conversations.list('local')).conversations).toEqual([]);
		for (const query of ['Xylophone', 'Marimba'])
			expect(await app.conversations.search('local', { query })).toEqual([]);
		await expect(removeConversation(app, 'local', id)).rejects.toMatchObject({ code: 'not_found' });
	});
});
