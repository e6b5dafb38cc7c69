import { expect, test } from 'vitest';
import { estimate, type PastRun } from '$lib/jobs/estimate.ts';
import { chart } from '$lib/operations/chart/model.ts';

/** Ten runs that spent nearly all their time on the query. */
const history = Array.from({ length: 10 }, (): PastRun => {
	const phases = Object.fromEntries(chart.phases.map(({ name }) => [name, name === 'generating' ? 60_000 : 10]));
	return { phases, totalMs: 60_060 } as unknown as PastRun;
});

const at = (milestones: boolean) =>
	chart.phases.map(({ name: phase }) => {
		const { progress } = estimate({
			...{ phases: chart.phases, history, forecasts: [], phase, elapsedMs: 1, inPhaseMs: 0, measured: 0, silentMs: 0 },
			...{ quietAfterMs: 60_000, floor: 0, priorMs: 10_000, milestones }
		});
		return Math.round((progress.fraction ?? 0) * 100);
	});

test('OP-03 the milestones stay what they are, however long each phase usually takes', () => {
	expect(at(true)).toEqual([0, 10, 20, 30, 50, 70, 90]);
	expect(at(false)).not.toEqual(at(true));
});
