/** A size in bytes as a person reads it: "940 bytes", "12 KB", "1.2 MB". */
export function sizeOf(bytes: number): string {
	if (bytes < 1_000) return `${bytes} bytes`;
	const [value, unit] =
		bytes < 1_000_000 ? [bytes / 1_000, 'KB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
	return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ${unit}`;
}
