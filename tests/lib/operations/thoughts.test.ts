import { expect, test } from 'vitest';
import { Thoughts } from '$lib/operations/thoughts.ts';

test('TS-02 reasoning grows piece by piece, its parts apart, and a part that is told again whole adds nothing', () => {
	const thoughts = new Thoughts('');
	const told = [
		thoughts.add('a', 'Look'),
		thoughts.add('a', ' here.'),
		thoughts.whole('a', 'Look here.'),
		thoughts.add('b', 'Then'),
		thoughts.whole('b', 'Then there.'),
		thoughts.whole('c', 'And on.')
	];
	expect(told.join('')).toBe('Look here.\n\nThen there.\n\nAnd on.');
	expect(thoughts.text).toBe(told.join(''));
});

test('TS-02 TS-08 taken up in the middle of a part, only the rest of it is added', () => {
	const thoughts = new Thoughts('First.\n\nThen th');
	expect(thoughts.whole('b', 'Then there.')).toBe('ere.');
	expect(thoughts.whole('a', 'First.')).toBe('');
	expect(new Thoughts('First.\n\nThen th').add('b', 'ere.')).toBe('ere.');
	const over = new Thoughts('First.\n\nThen th');
	over.endPart();
	expect(over.add('b', 'Now.')).toBe('\n\nNow.');
	expect(new Thoughts('Whole.').whole('b', 'Another.')).toBe('\n\nAnother.');
});
