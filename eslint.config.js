import { defineConfig, globalIgnores } from 'eslint/config';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import { importLayers } from './scripts/lib/import-layers.mjs';
import svelteConfig from './svelte.config.js';

/** Rules that need types. They are asked only where a TypeScript project covers the file. */
const typed = {
	'@typescript-eslint/await-thenable': 'error',
	'@typescript-eslint/no-floating-promises': 'error',
	'@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, attributes: false } }]
};

/** Sizes of architecture section 12: blank lines and comments are free. */
const sizes = {
	'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
	'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
	'max-params': ['error', 4]
};

export default defineConfig(
	globalIgnores(['build/', '.svelte-kit/', 'coverage/', 'data/', 'drizzle/', 'bench/results/']),
	ts.configs.recommended,
	svelte.configs.recommended,
	{
		languageOptions: { globals: { ...globals.node, ...globals.browser } },
		linterOptions: { reportUnusedDisableDirectives: 'error' },
		plugins: { headway: { rules: { 'import-layers': importLayers } } },
		rules: {
			'@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
			'@typescript-eslint/no-explicit-any': 'error',
			'@typescript-eslint/no-non-null-assertion': 'error',
			'@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
			// TypeScript knows every name; this rule knows neither types nor runes.
			'no-undef': 'off',
			eqeqeq: ['error', 'always', { null: 'ignore' }],
			'prefer-const': 'error'
		}
	},
	{
		files: ['src/**/*.ts', 'tests/**/*.ts', 'bench/**/*.ts'],
		languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
		rules: typed
	},
	{ files: ['**/*.svelte'], languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } } },
	{
		files: ['**/*.svelte.ts'],
		languageOptions: { parserOptions: { parser: ts.parser, svelteConfig, projectService: true } }
	},
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		rules: {
			// The app is served from the root of its host; links are plain.
			'svelte/no-navigation-without-resolve': 'off',
			'prefer-const': 'off',
			'svelte/prefer-const': 'error'
		}
	},
	// An index that is wrong fails its test; guarding each would only hide what is expected.
	{ files: ['tests/**'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
	{ files: ['src/**'], rules: { 'headway/import-layers': 'error' } },
	{ files: ['src/**/*.ts'], rules: sizes },
	{ files: ['src/**/*.svelte'], rules: { 'max-lines': sizes['max-lines'] } },
	{ files: ['src/lib/**', 'src/routes/**', 'src/hooks.server.ts'], rules: { 'no-console': 'error' } }
);
