import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** When the baseline renders: with each piece that comes, or at most once for each frame of the screen. */
export type When = 'delta' | 'frame';

const script = `
	const report = document.querySelector('article');
	let text = '';
	let waits = false;
	function render() {
		waits = false;
		report.innerHTML = marked.parse(text);
	}
	const source = new EventSource('/whole/events' + location.search);
	source.addEventListener('delta', ({ data }) => {
		text += JSON.parse(data);
		if (location.search.includes('when=delta')) return render();
		if (!waits) requestAnimationFrame(render);
		waits = true;
	});
	source.addEventListener('done', () => {
		source.close();
		render();
		document.body.dataset.status = 'succeeded';
	});
	source.addEventListener('open', () => (document.body.dataset.open = ''));
`;

/** The page that most tutorials end with: the text so far is made HTML by marked again and again, and set whole. */
export function wholePage(): string {
	const marked = readFileSync(fileURLToPath(new URL('marked.umd.js', import.meta.resolve('marked'))), 'utf8');
	const style = 'article { max-width: 42rem; font: 16px/1.6 sans-serif; }';
	return `<!doctype html><meta charset="utf-8"><style>${style}</style><article></article><script>${marked}</script><script>${script}</script>`;
}
