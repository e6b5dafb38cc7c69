import { moment, type Choices } from './seed.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** The milliseconds that one spell of bad weather lasts. */
export interface Spell {
	least: number;
	most: number;
}

/** Breaks, mutes, delays and refuses a proxy's connections, as chance has it, for as long as `on` says; then the weather is clear. Resolves with what it did. */
export async function storm(
	proxy: TcpProxy,
	choices: Choices,
	{ spell, on }: { spell: Spell; on(): boolean }
): Promise<string[]> {
	const some = () => choices.next() < 0.6;
	const deeds: Record<string, () => unknown> = {
		reset: () => proxy.break('reset', some),
		end: () => proxy.break('end', some),
		half: () => proxy.break('half', some),
		silence: () => proxy.silence(some),
		'break after some bytes': () => proxy.breakAfter(choices.whole(1, 4_000), choices.pick(['reset', 'end', 'half'])),
		delay: () => (proxy.delayMs = choices.whole(20, 300)),
		blackhole: () => ((proxy.weather = 'blackhole'), proxy.silence(some)),
		refuse: () => ((proxy.weather = 'refuse'), proxy.break('reset', some))
	};
	// Each at least once, if there is time for all.
	const waiting = Object.keys(deeds).sort(() => choices.next() - 0.5);
	const done: string[] = [];
	while (on()) {
		const name = waiting.pop() ?? choices.pick(Object.keys(deeds));
		deeds[name]?.();
		done.push(name);
		await moment(choices.between(spell.least, spell.most));
		clear(proxy);
		await moment(choices.between(100, 600));
	}
	return done;
}

/** Nothing more happens to connections that come from now on. */
function clear(proxy: TcpProxy): void {
	proxy.weather = 'clear';
	proxy.delayMs = 0;
	proxy.breakAfter(Infinity);
}
