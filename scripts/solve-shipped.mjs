/**
 * Solves every puzzle that ships on a running Headway, by each of the three operations, and prints how many were right in every
 * cell, by level. Usage: node scripts/solve-shipped.mjs [http://127.0.0.1:3000]
 */
const [url = 'http://127.0.0.1:3000'] = process.argv.slice(2);
const operations = ['analysis', 'solver', 'visual'];
/** Runs at once: fewer than one owner may have. */
const atOnce = 3;
const ended = ['succeeded', 'failed', 'cancelled'];

async function ask(path, init) {
	const answer = await fetch(`${url}${path}`, init);
	if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
	return answer.json();
}

/** Whether its prediction is right in every cell. */
async function isSolved(operation, puzzleId) {
	const body = JSON.stringify({ operation, input: { puzzleId } });
	let job = await ask('/api/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
	while (!ended.includes(job.status)) job = await ask(`/api/jobs/${job.id}?wait=50`);
	return job.result?.score === 1;
}

async function solvedBy(operation, puzzles) {
	const left = [...puzzles];
	const solved = [];
	const work = async () => {
		for (let puzzle = left.shift(); puzzle; puzzle = left.shift())
			if (await isSolved(operation, puzzle.id)) solved.push(puzzle);
	};
	await Promise.all(Array.from({ length: atOnce }, work));
	return solved;
}

const { puzzles } = await ask('/api/puzzles');
const levels = [...new Set(puzzles.map(({ level }) => level))].sort();
for (const operation of operations) {
	const solved = await solvedBy(operation, puzzles);
	const count = (all, wanted) => all.filter(({ level }) => level === wanted).length;
	const byLevel = levels.map((level) => `${count(solved, level)}/${count(puzzles, level)}`).join(', ');
	console.log(`${operation}: ${solved.length} of ${puzzles.length} (by level: ${byLevel})`);
}
