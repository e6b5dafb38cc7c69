import { passageScores } from './evidence.ts';
import { passagesIn } from './prompt-sections.ts';
import type { Sections } from './prompt-sections.ts';

/** The passages of the prompt by how well their words match the message, best first. */
export function ranking({ Passages, Message }: Sections): { ranking: { number: number; score: number }[] } {
	const scores = passageScores(Message, passagesIn(Passages));
	return { ranking: scores.sort((a, b) => b.score - a.score || a.number - b.number) };
}
