/** A sentence that begins with a provider's label: “the demo provider” gets its capital, a name such as vLLM stays as it is. */
export function asSentence(text: string): string {
	return text.replace(/^the /, 'The ');
}
