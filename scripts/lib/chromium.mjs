import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runQuietly } from './run-quietly.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const applications = [
	'/Applications/Chromium.app/Contents/MacOS/Chromium',
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
];

/** Where a Chromium may already be, best first: the one the person names, the system's, then Playwright's own download. */
export function chromiumCandidates(env, playwrights) {
	const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
	const system = names.flatMap((name) => folders.map((folder) => join(folder, name)));
	return [env.CHROMIUM_PATH, ...system, ...applications, playwrights].filter(Boolean);
}

/**
 * The path of a Chromium that starts: one that is there, else Playwright's download, else Debian's package when root.
 * Null when none could be had; `say` tells what is being installed.
 */
export async function ensureChromium({ root, node, env = process.env, say }) {
	const present = await firstThatStarts(chromiumCandidates(env, await playwrightsChromium(root, node)));
	if (present) return present;
	say('Installing Chromium for the browser tests…');
	const cli = join(root, 'node_modules', 'playwright', 'cli.js');
	await runQuietly(node, [cli, 'install', '--no-shell', 'chromium'], { cwd: root, env });
	const downloaded = await firstThatStarts([await playwrightsChromium(root, node)]);
	if (downloaded) return downloaded;
	if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return null;
	await installDebianPackage(env);
	return firstThatStarts(chromiumCandidates(env, null));
}

async function installDebianPackage(env) {
	const options = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } };
	await runQuietly('apt-get', ['update'], options);
	await runQuietly('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], options);
}

async function firstThatStarts(paths) {
	for (const path of paths) {
		// Being there is not enough: Ubuntu's chromium-browser may be a stub, and a download may lack system libraries.
		if (path && existsSync(path) && (await runQuietly(path, ['--version'], { timeoutMs: 20_000 })).code === 0)
			return path;
	}
	return null;
}

async function playwrightsChromium(root, node) {
	const script = `import('playwright').then(({ chromium }) => process.stdout.write(chromium.executablePath()))`;
	const { code, output } = await runQuietly(node, ['-e', script], { cwd: root });
	return code === 0 ? output.trim() : null;
}
