import { error, fail } from '@sveltejs/kit';
import { z } from 'zod';
import type { App } from '$lib/server/app.ts';
import { control, type ControlState } from './control.server.ts';
import type { Actions, PageServerLoad } from './$types';

const SHOWN = 30;

const order = z.object({
	name: z.string().min(1),
	times: z.coerce.number().int().min(-1).max(1_000),
	after: z.union([z.literal(''), z.coerce.number().int().min(0).max(10_000)]).optional()
});
const pause = z.object({ seconds: z.coerce.number().min(0).max(600) });
const speed = z.object({ pace: z.coerce.number().positive().max(1_000) });

export const load: PageServerLoad = async ({ locals: { app } }) => {
	const { pace, faults, ledger } = await control(addressOf(app));
	return { title: 'Fault panel', pace, faults, ledger: ledger.slice(-SHOWN).reverse() };
};

export const actions: Actions = {
	arm: async ({ request, locals: { app } }) => {
		const read = order.safeParse(Object.fromEntries(await request.formData()));
		if (!read.success) return fail(400, { message: 'Times must be a whole number from 1, or -1 for ever.' });
		const { after, ...fault } = read.data;
		const faults = [typeof after === 'number' ? { ...fault, after } : fault];
		return attempt(() => control(addressOf(app), 'POST', { faults }), `Armed: ${fault.name}.`);
	},
	pace: async ({ request, locals: { app } }) => {
		const read = speed.safeParse(Object.fromEntries(await request.formData()));
		if (!read.success) return fail(400, { message: 'The pace must be a number above 0.' });
		return attempt(() => control(addressOf(app), 'POST', read.data), `The demo now runs at ${read.data.pace} ×.`);
	},
	restart: async ({ request, locals: { app } }) => {
		const read = pause.safeParse(Object.fromEntries(await request.formData()));
		if (!read.success) return fail(400, { message: 'The demo can be away from 0 to 600 seconds.' });
		const { seconds } = read.data;
		const order = () => control(`${addressOf(app)}/restart`, 'POST', { downMs: seconds * 1_000 });
		return attempt(order, `The demo restarts; it is back in ${seconds} s.`);
	},
	clear: ({ locals: { app } }) =>
		attempt(() => control(`${addressOf(app)}/faults`, 'DELETE'), 'Nothing is armed any more.')
};

function addressOf(app: App): string {
	if (!app.demo) error(404, { message: 'The fault panel belongs to the demo provider, which is not in use here.' });
	return app.demo.controlUrl;
}

async function attempt(order: () => Promise<ControlState>, message: string) {
	try {
		await order();
		return { message };
	} catch (cause) {
		return fail(502, { message: cause instanceof Error ? cause.message : 'The demo did not answer.' });
	}
}
