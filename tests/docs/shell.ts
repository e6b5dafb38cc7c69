import { spawn, spawnSync } from 'node:child_process';

/** The address that the documents use. */
export const documentedAddress = 'http://127.0.0.1:3000';

/** The shell examples need curl, which not every machine has. */
export const hasCurl = spawnSync('curl', ['--version']).status === 0;

/** What a shell example printed. `hangUp` ends it as Ctrl-C would. */
export interface ShellRun {
	over: Promise<{ code: number | null; out: string; err: string }>;
	/** Resolves once the output so far matches. */
	says(pattern: RegExp): Promise<void>;
	hangUp(): void;
}

/** Starts a shell example as a reader would, at another address and with the variables that the text names. */
export function startShell(
	script: string,
	url: string,
	variables: Record<string, string> = {},
	cwd?: string
): ShellRun {
	const text = script.replaceAll(documentedAddress, url);
	const child = spawn('sh', ['-euc', text], { cwd, env: { PATH: process.env.PATH, ...variables }, detached: true });
	let [out, err] = ['', ''];
	let noticed = () => {};
	child.stdout.on('data', (bytes) => {
		out += String(bytes);
		noticed();
	});
	child.stderr.on('data', (bytes) => (err += String(bytes)));
	const over = new Promise<{ code: number | null; out: string; err: string }>((resolve, reject) => {
		child.on('error', reject);
		child.on('close', (code) => resolve({ code, out, err }));
	});
	const says = (pattern: RegExp) =>
		new Promise<void>((resolve, reject) => {
			noticed = () => void (pattern.test(out) && resolve());
			noticed();
			void over.then(() => reject(new Error(`It ended without saying ${pattern}: ${out}${err}`)), reject);
		});
	// The whole group: curl is a child of the shell.
	return { over, says, hangUp: () => void (child.pid && process.kill(-child.pid, 'SIGINT')) };
}

/** Runs a shell example to its end; fails when it does. */
export async function shell(script: string, url: string, variables: Record<string, string> = {}, cwd?: string) {
	const result = await startShell(script, url, variables, cwd).over;
	if (result.code !== 0) throw new Error(`The example ended with ${result.code}: ${result.err}\n${script}`);
	return result;
}
