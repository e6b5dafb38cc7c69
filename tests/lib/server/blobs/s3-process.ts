import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

/** A real S3 server in a process of its own, with one bucket; its credentials stand in the environment. */
export class S3Process {
	readonly bucket = 'headway-test';
	readonly #folder = mkdtempSync(join(tmpdir(), 'headway-s3-'));
	#stop = () => {};
	endpoint = '';

	async start(): Promise<void> {
		vi.stubEnv('AWS_ACCESS_KEY_ID', 'S3RVER');
		vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S3RVER');
		const script = fileURLToPath(new URL('s3-server.mjs', import.meta.url));
		const child = spawn(process.execPath, ['--no-deprecation', script, this.#folder, this.bucket], {
			stdio: ['pipe', 'pipe', 'inherit']
		});
		this.#stop = () => void child.kill('SIGKILL');
		this.endpoint = String((await once(child.stdout, 'data'))[0]).trim();
	}

	/** The uploads that were begun and neither completed nor ended. */
	unfinished(): string[] {
		const uploads = join(this.#folder, this.bucket, '._S3rver_uploads');
		return existsSync(uploads) ? readdirSync(uploads) : [];
	}

	stop(): void {
		this.#stop();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
