/** How a text that is being written stands. */
export type StreamState = 'connecting' | 'streaming' | 'complete' | 'stopped' | 'failed';

const words: Record<StreamState, string> = {
	connecting: 'Connecting…',
	streaming: 'Streaming',
	complete: 'Complete',
	stopped: 'Stopped',
	failed: 'Failed'
};

/** The state in a word (TS-09). */
export function streamWords(state: StreamState): string {
	return words[state];
}

/** Whether more of the text is to come. */
export function isOpen(state: StreamState): boolean {
	return state === 'connecting' || state === 'streaming';
}

const letters = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
// OpenAI's rule of thumb for English is four characters a token; in writing without spaces it is about one.
const CHARACTERS = 4;

/** Estimates a text that grows, and looks only at what was added. */
export class TokenEstimate {
	#length = 0;
	#last = '';
	#tokens = 0;

	/** About how many tokens `text` has; cheap when it begins with the one before. */
	read(text: string): number {
		const grown = text.length >= this.#length && text.startsWith(this.#last, this.#length - this.#last.length);
		if (!grown) this.#tokens = 0;
		const added = grown ? text.slice(this.#length) : text;
		const dense = added.match(letters)?.length ?? 0;
		this.#tokens += dense + (added.length - dense) / CHARACTERS;
		this.#length = text.length;
		this.#last = text.slice(-32);
		return Math.ceil(this.#tokens);
	}
}

/** About how many tokens a text has. */
export function estimateTokens(text: string): number {
	return new TokenEstimate().read(text);
}

/** "about 120 tokens", or "120 tokens" where the provider has counted; null before the first. */
export function tokenWords(counted: number | null, estimated: number): string | null {
	const count = counted ?? estimated;
	if (count === 0) return null;
	const unit = count === 1 ? 'token' : 'tokens';
	return `${counted === null ? 'about ' : ''}${count.toLocaleString('en')} ${unit}`;
}
