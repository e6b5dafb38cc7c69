import { expect, test } from 'vitest';
import { ingestAll, plain, questions, type Question } from './corpus.ts';

type Base = Awaited<ReturnType<typeof ingestAll>>;

async function rankOf({ base, ids }: Base, { question, document, answerIn }: Question): Promise<number> {
	const { found } = await base.of('ann').search(question, { projectId: null, limit: 10 });
	return found.findIndex(
		(passage) =>
			passage.documentId === ids.get(document) && answerIn.some((phrase) => plain(passage.text).includes(plain(phrase)))
	);
}

async function measured(base: Base, set: Question['set']) {
	const asked = questions.filter((question) => question.set === set);
	const ranks: number[] = [];
	for (const question of asked) ranks.push(await rankOf(base, question));
	const share = (fits: (rank: number) => boolean) => ranks.filter(fits).length / asked.length;
	// Single questions of the held half are never shown, or somebody would tune on them.
	const missed = set === 'open' ? asked.filter((_, index) => (ranks[index] ?? -1) !== 0) : [];
	return { recallAt5: share((rank) => rank >= 0 && rank < 5), first: share((rank) => rank === 0), missed, ranks };
}

test('CH-05 the right passage is among the first five for most questions, on the half never looked at too', async () => {
	const base = await ingestAll('ann');
	const [open, held] = [await measured(base, 'open'), await measured(base, 'held')];
	const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
	console.log(`open: recall at 5 ${percent(open.recallAt5)}, the first passage right ${percent(open.first)}`);
	console.log(`held: recall at 5 ${percent(held.recallAt5)}, the first passage right ${percent(held.first)}`);
	if (process.env['SHOW_MISSED']) for (const { question, document } of open.missed) console.log(document, question);
	expect(questions.length).toBeGreaterThanOrEqual(50);
	expect(open.recallAt5).toBeGreaterThanOrEqual(0.88);
	expect(held.recallAt5).toBeGreaterThanOrEqual(0.9);
	expect(open.first).toBeGreaterThanOrEqual(0.7);
	expect(held.first).toBeGreaterThanOrEqual(0.75);
}, 120_000);
