const WHOLE =
	/\b(?:summari[sz]e|summary of|read(?: me)?|outline of|what does .{1,200} say[?.!]*$|what is .{1,200} about[?.!]*$|fasse?.{0,40}zusammen|worum geht|was steht in|lies|r[ée]sum[eé][rz]?|lis|que dit|resumen de|qu[eé] dice|lee)(?![\p{L}])/iu;

/** Whether a message asks for a document as such, and not for something in it. */
export function asksForWhole(message: string): boolean {
	return WHOLE.test(message.trim());
}
