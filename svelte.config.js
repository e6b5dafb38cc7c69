import adapter from '@sveltejs/adapter-node';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/kit').Config} */
export default {
	preprocess: vitePreprocess(),
	kit: {
		adapter: adapter({ precompress: true }),
		// Our own guard (lib/server/http/guard.ts) checks every changing request, of any content type, and answers in words.
		csrf: { trustedOrigins: ['*'] },
		csp: {
			mode: 'auto',
			directives: {
				'default-src': ['self'],
				'script-src': ['self'],
				'style-src': ['self'],
				// Style attributes (bar widths, floating positions) carry no code; style elements stay forbidden.
				'style-src-attr': ['unsafe-inline'],
				// No https: here. A model's Markdown must not be able to load a picture from elsewhere and so report to it.
				'img-src': ['self', 'blob:', 'data:'],
				'connect-src': ['self'],
				'frame-ancestors': ['none'],
				'object-src': ['none'],
				'base-uri': ['none'],
				'form-action': ['self']
			}
		}
	}
};
