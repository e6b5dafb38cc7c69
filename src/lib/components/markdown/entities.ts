const named: Record<string, string> = {
	amp: '&',
	lt: '<',
	gt: '>',
	quot: '"',
	apos: "'",
	nbsp: '\u00a0',
	ndash: '–',
	mdash: '—',
	hellip: '…',
	lsquo: '‘',
	rsquo: '’',
	ldquo: '“',
	rdquo: '”',
	laquo: '«',
	raquo: '»',
	bull: '•',
	middot: '·',
	deg: '°',
	plusmn: '±',
	times: '×',
	divide: '÷',
	minus: '−',
	le: '≤',
	ge: '≥',
	ne: '≠',
	asymp: '≈',
	micro: 'µ',
	sect: '§',
	copy: '©',
	reg: '®',
	trade: '™',
	euro: '€',
	pound: '£',
	yen: '¥',
	cent: '¢',
	frac12: '½',
	frac14: '¼',
	sup2: '²',
	sup3: '³',
	rarr: '→',
	larr: '←',
	shy: '\u00ad'
};

/** Character references as their characters, since text goes to the page as text; unknown ones stay as they are. */
export function decodeEntities(text: string): string {
	if (!text.includes('&')) return text;
	return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w{2,8}));/g, (whole, decimal, hex, name: string) => {
		if (name) return Object.hasOwn(named, name) ? (named[name] ?? whole) : whole;
		return characterOf(decimal ? Number(decimal) : Number.parseInt(hex, 16));
	});
}

// As CommonMark has it: what is no character becomes the replacement character.
function characterOf(code: number): string {
	const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
	return isCharacter ? String.fromCodePoint(code) : '\ufffd';
}
