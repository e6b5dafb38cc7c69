/** What the person chose; `system` follows the device. */
export type Theme = 'system' | 'light' | 'dark';

/** The key in localStorage; `app.html` reads it before the first paint. */
export const THEME_KEY = 'headway-theme';

/** Reads the chosen theme. */
export function readTheme(): Theme {
	const chosen = document.documentElement.dataset.theme;
	return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

/** Applies a theme and keeps the choice, where the browser lets it be kept. */
export function applyTheme(theme: Theme): void {
	if (theme === 'system') delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = theme;
	try {
		if (theme === 'system') localStorage.removeItem(THEME_KEY);
		else localStorage.setItem(THEME_KEY, theme);
	} catch {
		// Without storage the choice lasts as long as the page.
	}
}
