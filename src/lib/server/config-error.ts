/** A setting, a folder or a file that keeps the server from starting. The message is one line that says what to do. */
export class ConfigError extends Error {
	readonly code = 'config';

	constructor(message: string) {
		super(message);
		this.name = 'ConfigError';
	}
}
