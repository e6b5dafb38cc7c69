import type { Wish } from './wish.ts';
import { folded } from './words.ts';

const ASKS =
	/\b(?:what(?:['’]s| is)? (?:the )?(?:current |local )?(?:time|date|day)\b|what day is|time is it|current time|local time|time (?:now|right now)|time in \p{L}+|today['’]?s date|date today|which (?:day|date)|wie sp(?:ä|ae)t|wie viel uhr|uhrzeit|(?:welcher|welches) (?:tag|datum|wochentag)|heutige[sn]? datum|quelle heure|quelle date|quel jour|qu[eé] hora|qu[eé] (?:d[ií]a|fecha))|几点|今天.{0,3}(?:日期|星期|几号)|何時|何日|何曜日/iu;

// Countries, and cities that are not the name of a zone.
const PLACES: Record<string, string> = {
	...{
		japan: 'Asia/Tokyo',
		china: 'Asia/Shanghai',
		beijing: 'Asia/Shanghai',
		india: 'Asia/Kolkata',
		delhi: 'Asia/Kolkata'
	},
	...{ mumbai: 'Asia/Kolkata', bangalore: 'Asia/Kolkata', germany: 'Europe/Berlin', deutschland: 'Europe/Berlin' },
	...{ munich: 'Europe/Berlin', munchen: 'Europe/Berlin', hamburg: 'Europe/Berlin', frankfurt: 'Europe/Berlin' },
	...{ koln: 'Europe/Berlin', cologne: 'Europe/Berlin', france: 'Europe/Paris', frankreich: 'Europe/Paris' },
	...{ spain: 'Europe/Madrid', spanien: 'Europe/Madrid', espana: 'Europe/Madrid', barcelona: 'Europe/Madrid' },
	...{ italy: 'Europe/Rome', italien: 'Europe/Rome', milan: 'Europe/Rome', rom: 'Europe/Rome', wien: 'Europe/Vienna' },
	...{ austria: 'Europe/Vienna', switzerland: 'Europe/Zurich', schweiz: 'Europe/Zurich', geneva: 'Europe/Zurich' },
	...{
		england: 'Europe/London',
		'the uk': 'Europe/London',
		'united kingdom': 'Europe/London',
		londres: 'Europe/London'
	},
	...{ scotland: 'Europe/London', edinburgh: 'Europe/London', ireland: 'Europe/Dublin', portugal: 'Europe/Lisbon' },
	...{ moscou: 'Europe/Moscow', moskau: 'Europe/Moscow', kyiv: 'Europe/Kyiv', turkey: 'Europe/Istanbul' },
	...{ california: 'America/Los_Angeles', 'san francisco': 'America/Los_Angeles', seattle: 'America/Los_Angeles' },
	...{ boston: 'America/New_York', washington: 'America/New_York', miami: 'America/New_York', nyc: 'America/New_York' },
	...{
		texas: 'America/Chicago',
		houston: 'America/Chicago',
		brazil: 'America/Sao_Paulo',
		mexico: 'America/Mexico_City'
	},
	...{ 'rio de janeiro': 'America/Sao_Paulo', montreal: 'America/Toronto', australia: 'Australia/Sydney' },
	...{ 'new zealand': 'Pacific/Auckland', korea: 'Asia/Seoul', egypt: 'Africa/Cairo', kenya: 'Africa/Nairobi' },
	...{ 'south africa': 'Africa/Johannesburg', 'cape town': 'Africa/Johannesburg', hawaii: 'Pacific/Honolulu' },
	...{ utc: 'UTC', gmt: 'UTC', 东京: 'Asia/Tokyo', 東京: 'Asia/Tokyo', 北京: 'Asia/Shanghai', 上海: 'Asia/Shanghai' }
};

let zones: [string, string][] | undefined;

/** Every place with its zone: the cities that zones are named after, and those of the list. */
function knownPlaces(): [string, string][] {
	zones ??= [
		...Intl.supportedValuesOf('timeZone').map((zone): [string, string] => [
			folded(zone.split('/').at(-1) ?? zone).replaceAll('_', ' '),
			zone
		]),
		...Object.entries(PLACES)
	];
	return zones;
}

/** The time or the date that a message asks for: one call for each place that it names, or one without a place. */
export function clockIn(message: string): Wish[] {
	const asked = ASKS.exec(message);
	if (!asked) return [];
	const whole = folded(message);
	const named = knownPlaces().flatMap(([place, zone]) => {
		const at = whole.search(
			new RegExp(`(?<![\\p{L}/])${place.replace(/[.*+?^$()|[\]\\]/g, '\\$&')}(?![\\p{Script=Latin}])`, 'u')
		);
		return at >= 0 ? [{ zone, at, length: place.length }] : [];
	});
	const zoned = [...message.matchAll(/\b[A-Z][a-z]+\/[A-Z][A-Za-z_]+(?:\/[A-Z][A-Za-z_]+)?\b/g)].map((found) => ({
		...{ zone: found[0], at: found.index, length: found[0].length }
	}));
	const places = [...new Map([...zoned, ...named].map((place) => [place.zone, place])).values()].slice(0, 5);
	if (places.length === 0) return [wishFor({}, 'tell the time', asked.index, asked.index + asked[0].length)];
	return places
		.sort((a, b) => a.at - b.at)
		.map(({ zone, at, length }) => wishFor({ timeZone: zone }, `tell the time in ${zone}`, at, at + length));
}

function wishFor(args: Record<string, unknown>, aim: string, from: number, to: number): Wish {
	return { tool: 'current_time', arguments: args, why: 'The clock knows it; I do not.', aim, from, to };
}
