import { execFileSync } from 'node:child_process';
import type { ExecFileSyncOptionsWithStringEncoding } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './measure.ts';
import { judge, notesOf, summarize, table } from './report.ts';

/** One measure as it was taken. */
export interface Taken {
	about: string;
	seconds: number;
	figures: Figure[];
}

interface Entry {
	at: string;
	commit: string;
	quick: boolean;
	about?: string;
	seconds?: number;
	figures?: Figure[];
	error?: string;
	leftOut: string[];
}

/** The results of a folder, `latest.json` and `latest.md`: each measure's latest, with the commit that it was taken of. */
export class Results {
	readonly #folder: string;
	readonly #quick: boolean;
	/** What this run took. */
	readonly #taken: Record<string, Entry> = {};
	readonly #leftOut: Record<string, string[]> = {};

	constructor(folder: string, { quick }: { quick: boolean }) {
		[this.#folder, this.#quick] = [folder, quick];
	}

	leftOut(name: string, what: string): void {
		(this.#leftOut[name] ??= []).push(what);
	}

	add(name: string, taken: Taken): void {
		this.#set(name, taken);
	}

	failed(name: string, error: unknown): void {
		this.#set(name, { error: error instanceof Error ? error.message : String(error) });
	}

	#set(name: string, facts: Partial<Entry>): void {
		const common = { at: new Date().toISOString(), commit: commit(), quick: this.#quick };
		this.#taken[name] = { ...common, ...facts, leftOut: this.#leftOut[name] ?? [] };
	}

	/** Writes both files; what another run took meanwhile stays. */
	write(): void {
		mkdirSync(this.#folder, { recursive: true });
		const entries = { ...read(join(this.#folder, 'latest.json')), ...this.#taken };
		const measures = Object.fromEntries(
			Object.entries(entries).map(([name, entry]) => [
				name,
				{ ...entry, ...(entry.figures ? { figures: entry.figures.map(summarize) } : {}) }
			])
		);
		writeFileSync(
			join(this.#folder, 'latest.json'),
			`${JSON.stringify({ machine: machine(), measures }, null, '\t')}\n`
		);
		writeFileSync(join(this.#folder, 'latest.md'), `${markdown(entries)}\n`);
	}

	/** The last words of a run: which targets were missed. */
	closing(): string {
		const missed = Object.entries(this.#taken).flatMap(([name, { figures = [], error }]) => {
			if (error !== undefined) return [`${name}: failed, ${error}`];
			return figures.flatMap((figure) =>
				judge(figure)
					.filter(({ met }) => met !== true)
					.map(({ words, ratio, met }) =>
						met === null
							? `${name}: ${figure.what}: ${words}: not measured`
							: `${name}: ${figure.what}: ${words}, is ${ratio.toFixed(2)} ×`
					)
			);
		});
		const said = missed.length === 0 ? 'All targets are met.' : `Targets missed:\n- ${missed.join('\n- ')}`;
		return `${said}\n\n${described()} Also in bench/results/latest.json and latest.md.`;
	}
}

function markdown(entries: Record<string, Entry>): string {
	const parts = Object.entries(entries).map(([name, entry]) => {
		const { about = '', figures = [], error, leftOut, at, quick } = entry;
		const missing = leftOut.map((line) => `- left out: ${line}`);
		const body = error === undefined ? table(figures) : `Failed: ${error}`;
		const when = `Taken ${at} of ${entry.commit}${quick ? ', quickly' : ''}.`;
		return [`## ${name}`, `${about} ${when}`.trim(), body, [...notesOf(figures), ...missing].join('\n')]
			.filter(Boolean)
			.join('\n\n');
	});
	return ['# Benchmark', described(), ...parts].join('\n\n');
}

function read(file: string): Record<string, Entry> {
	try {
		const { measures } = JSON.parse(readFileSync(file, 'utf8')) as { measures?: Record<string, Entry> };
		return measures ?? {};
	} catch {
		return {};
	}
}

/** The commit that is measured, with a mark when the files differ from it; `unknown` outside a checkout. */
function commit(): string {
	const options: ExecFileSyncOptionsWithStringEncoding = {
		...{ cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }
	};
	try {
		return execFileSync('git', ['describe', '--always', '--dirty', '--exclude', '*'], options).trim();
	} catch {
		return 'unknown';
	}
}

/** What the figures were taken on. */
function machine() {
	return {
		...{ node: process.version, v8: process.versions.v8, kernel: release() },
		...{ cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memoryMB: Math.round(totalmem() / 2 ** 20) }
	};
}

function described(): string {
	const { node, cores, cpu, kernel } = machine();
	return `Node ${node}, ${cores} × ${cpu}, Linux ${kernel}; medians of interleaved rounds.`;
}
