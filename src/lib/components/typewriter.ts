/** The key in localStorage: how a text is to be written out is a matter of this screen and who sits before it. */
const TYPEWRITER_KEY = 'headway-typewriter';

/** Whether answers are to be written out evenly in this browser; off unless chosen. */
export function chosenTypewriter(): boolean {
	try {
		return localStorage.getItem(TYPEWRITER_KEY) === 'on';
	} catch {
		return false;
	}
}

/** Keeps the choice in this browser. False where it lets nothing be kept. */
export function chooseTypewriter(on: boolean): boolean {
	try {
		if (on) localStorage.setItem(TYPEWRITER_KEY, 'on');
		else localStorage.removeItem(TYPEWRITER_KEY);
		return true;
	} catch {
		return false;
	}
}

/** Whether the person asked the system for less motion. */
export function prefersStill(): boolean {
	return typeof matchMedia === 'function' && matchMedia('(prefers-reduced-motion: reduce)').matches;
}
