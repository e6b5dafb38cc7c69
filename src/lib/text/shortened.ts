/** At most `most` code points, cut between characters as a person counts them: an emoji stays whole or goes. */
export function shortened(text: string, most: number): string {
	if (Array.from(text).length <= most) return text;
	let kept = '';
	let length = 1;
	for (const { segment } of new Intl.Segmenter().segment(text)) {
		length += Array.from(segment).length;
		if (length > most) break;
		kept += segment;
	}
	return `${kept}…`;
}
