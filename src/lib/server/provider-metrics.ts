import { Counter, Gauge, type Registry } from 'prom-client';
import type { BreakerState } from './providers/breaker.ts';
import type { Providers } from './providers/providers.ts';

const openness: Record<BreakerState['state'], number> = { closed: 0, due: 1, trying: 1, open: 2, held: 2 };

/** Adds what Prometheus reads about the providers (TS-14, TS-21). */
export function registerProviders(registry: Registry, providers: Providers): void {
	new Gauge({
		name: 'headway_provider_breaker',
		help: 'The circuit breaker: 0 closed, 1 letting one request through to see, 2 open.',
		labelNames: ['provider'] as const,
		registers: [registry],
		collect() {
			for (const { id, breaker } of providers.all()) this.set({ provider: id }, openness[breaker.state.state]);
		}
	});
	new Counter({
		name: 'headway_provider_requests_total',
		help: 'Requests that providers were sent, by what was asked and what it came to.',
		labelNames: ['provider', 'call', 'result'] as const,
		registers: [registry],
		collect() {
			this.reset();
			for (const { id, health } of providers.all())
				for (const { call, result, count } of health.counts()) this.inc({ provider: id, call, result }, count);
		}
	});
}
