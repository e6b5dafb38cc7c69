import { assemble, type Parts } from '$lib/operations/document/assemble.server.ts';

/** What a hostile or careless model may write into a text. */
export const hostile = '#read("/etc/passwd") #import "x" $a$ \\u{41} <script>alert(1)</script> ]] " &lt; =';

/** Two sections with everything that Markdown has, in several scripts, and two sources of which one is cited. */
export const parts: Parts = {
	title: 'Tea 茶 and coffee',
	sections: [
		{
			heading: 'What it is 你好世界',
			text: `Tea is a drink [1]. **Bold**, *italic*, \`code[1]\`, ~~gone~~ and [a link](https://tea.example/a?b=1&c=2).

مرحبا بالعالم، هذا نص عربي مع English 123.

שלום עולם

### A subheading

1. first
2. second
   - nested 🚀
   - deeper

| Kind | Cups |
| --- | ---: |
| 绿茶 | 3 |
| Coffee \\| strong | 4 |

> A quotation.

\`\`\`js
const a = [1];
\`\`\``
		},
		{
			heading: `Hostile ${hostile}`,
			text: `${hostile}\n\n[bad](javascript:alert(1)) ![picture](https://x.example/p.png)`
		}
	],
	sources: [
		{ id: 1, url: 'https://tea.example/', title: 'All about tea' },
		{ id: 2, url: 'https://other.example/', title: 'Not cited' }
	]
};

/** A document of one section with this text. */
export const documentOf = (text: string, facts: Partial<Parts> = {}) =>
	assemble({ title: 'Title', sections: [{ heading: 'Section', text }], sources: [], ...facts });
