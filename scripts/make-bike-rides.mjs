// Makes src/lib/server/data-sources/shipped/bike-rides.csv: a year of an invented city's hire bikes. The same rides each time.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SEED = 20_260_107;
const RIDES = 3_000;
const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2025, 0, 1);
const path = join(import.meta.dirname, '../src/lib/server/data-sources/shipped/bike-rides.csv');

/** Stations by district, and how many rides begin there for each that begins at the quietest. */
const stations = [
	...[
		['Harbour', 'Ferry Quay', 9],
		['Harbour', 'Fish Market', 6],
		['Harbour', 'Lighthouse', 3]
	],
	...[
		['Old Town', 'Cathedral', 10],
		['Old Town', 'Clock Tower', 8],
		['Old Town', 'North Gate', 4]
	],
	...[
		['University', 'Library', 11],
		['University', 'Science Park', 5]
	],
	...[
		['Station Quarter', 'Central Station', 14],
		['Station Quarter', 'Bus Depot', 3]
	],
	...[
		['Hillside', 'Observatory', 2],
		['Hillside', 'Vineyard Steps', 1]
	],
	...[
		['Riverside', 'Rowing Club', 4],
		['Riverside', 'Lime Bridge', 5],
		['Riverside', 'Water Mill', 2]
	],
	...[
		['Garden Suburb', 'Park Road', 3],
		['Garden Suburb', 'Rose Square', 2]
	]
].map(([district, station, weight]) => ({ district, station, weight }));

/** What a minute costs in euros, and how fast it goes in km/h. */
const bikes = [
	{ type: 'classic', weight: 58, perMinute: 0.1, speed: 13 },
	{ type: 'electric', weight: 36, perMinute: 0.19, speed: 18 },
	{ type: 'cargo', weight: 6, perMinute: 0.24, speed: 12 }
];

/** Rides in each hour of the day, for each ride in the quietest. */
const hours = [1, 1, 1, 1, 1, 3, 9, 22, 28, 14, 10, 11, 14, 13, 12, 14, 20, 30, 26, 16, 10, 7, 4, 2];

/** A generator of numbers from 0 to 1 (mulberry32). */
function seeded(seed) {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** The rides as CSV, in the order of their start. */
export function bikeRides() {
	const random = seeded(SEED);
	const bell = () => (random() + random() + random() + random() - 2) / 0.577;
	const among = (all, weightOf) => {
		let left = random() * all.reduce((sum, one) => sum + weightOf(one), 0);
		return all.find((one) => (left -= weightOf(one)) < 0) ?? all.at(-1);
	};
	const days = Array.from({ length: 365 }, (_, day) => dayOf(day, random, bell));
	const rides = Array.from({ length: RIDES }, () =>
		rideOn(
			among(days, ({ appeal }) => appeal),
			{ random, bell, among }
		)
	);
	const sorted = rides.toSorted((a, b) => (a.started_at < b.started_at ? -1 : 1));
	const lines = sorted.map((ride, index) => [index + 1, ...Object.values(ride)].join(','));
	return `${['ride_id', ...Object.keys(sorted[0])].join(',')}\n${lines.join('\n')}\n`;
}

function dayOf(day, random, bell) {
	const season = Math.cos(((day - 200) / 365) * 2 * Math.PI);
	const temperature = 11 + 10 * season + 3.5 * bell();
	const wet = random() < 0.34 - 0.1 * season;
	const weather = wet ? (temperature < 1 ? 'snow' : 'rain') : random() < 0.5 ? 'sunny' : 'cloudy';
	const shine = { sunny: 1.35, cloudy: 1, rain: 0.45, snow: 0.2 }[weather];
	return { day, temperature, weather, appeal: (1 + 0.55 * season) * shine };
}

function rideOn({ day, temperature, weather }, { random, bell, among }) {
	const hour = among(
		hours.map((weight, at) => ({ at, weight })),
		({ weight }) => weight
	).at;
	const started = new Date(FIRST_DAY + day * DAY_MS + hour * 3_600_000 + Math.floor(random() * 3_600) * 1_000);
	const { district, station } = among(stations, ({ weight }) => weight);
	const bike = among(bikes, ({ weight }) => weight);
	const rider = random() < 0.68 ? 'member' : 'casual';
	const minutes = Math.max(2, Math.round(Math.exp(2.55 + (rider === 'casual' ? 0.45 : 0) + 0.55 * bell())));
	const kilometres = (minutes / 60) * bike.speed * (0.75 + 0.5 * random());
	const fare = (rider === 'member' ? 0 : 1) + minutes * bike.perMinute * (rider === 'member' ? 0.6 : 1);
	return {
		started_at: started.toISOString().slice(0, 19).replace('T', ' '),
		...{ district, station, bike_type: bike.type, rider, minutes },
		distance_km: kilometres.toFixed(2),
		fare_eur: fare.toFixed(2),
		weather,
		temperature_c: temperature.toFixed(1),
		// Not everyone says how it was.
		rating: random() < 0.4 ? Math.min(5, Math.max(1, Math.round(4.1 + bell() - (weather === 'rain' ? 0.6 : 0)))) : ''
	};
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(path, bikeRides());
