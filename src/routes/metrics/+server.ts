import { door } from '$lib/server/http/door.ts';

/** Prometheus text of everything that is counted (OP-12). */
export const { GET, fallback } = door({
	async GET({ locals }) {
		const { registry } = locals.app.metrics;
		return new Response(await registry.metrics(), { headers: { 'content-type': registry.contentType } });
	}
});
