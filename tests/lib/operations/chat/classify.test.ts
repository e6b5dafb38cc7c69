import { describe, expect, test } from 'vitest';
import { classify, isSmallTalk, languageOf, type TurnFacts } from '$lib/operations/chat/classify.ts';
import { gist } from '$lib/operations/chat/words.ts';

const plain: TurnFacts = {
	...{ message: '', lastAnswer: null, documents: 0, vectors: false, coverage: 0 },
	...{ languages: [], tables: 0, earlier: 0, remote: [] }
};
const needs = (message: string, facts: Partial<TurnFacts> = {}) => classify({ ...plain, ...facts, message }).plan;

describe('what a message needs, told without a model', () => {
	test.each([
		['Hi!', 'Hello there', 'Thanks a lot!', 'ok', 'How are you?', 'What can you do?', '👍'],
		['Hallo', 'Guten Morgen!', 'Vielen Dank', 'Wie geht es dir?'],
		['Bonjour !', 'Merci beaucoup', 'Comment ça va ?', 'Hola', '¿Qué tal?', 'Muchas gracias'],
		['Ciao', 'Obrigado!', '你好', '谢谢', 'こんにちは', 'Привет!', 'Спасибо']
	])('AG-01 “%s” and the like are small talk: no plan, whatever lies in the documents', (...messages) => {
		for (const message of messages) expect(needs(message, { documents: 9, coverage: 1 }), message).toBe(false);
	});

	test.each([
		[
			'What is 17 * 23?',
			'wie viel ist 3 mal 4',
			'combien font 12 fois 3',
			'¿cuánto es 15% de 80?',
			'计算 3+4',
			'sqrt(2)'
		],
		[
			'What time is it in Tokyo?',
			'Wie spät ist es?',
			'quelle heure est-il',
			'¿Qué hora es?',
			'今天几号',
			'What day is today?'
		],
		[
			'Draw a cat',
			'Zeichne mir ein Haus',
			'Dessine un arbre',
			'dibuja un perro',
			'画一只猫',
			'Make a picture of the sea'
		],
		['Research heat pumps in depth', 'Recherchiere das bitte', 'investiga sobre el café', 'What is the latest news?']
	])('AG-01 “%s” and the like may need a tool, also in other languages', (...messages) => {
		for (const message of messages) expect(needs(message), message).toBe(true);
	});

	test.each([
		'Explain recursion to a child.',
		'Write a poem about the sea.',
		'Who was Ada Lovelace?',
		'Übersetze „Haus“ ins Englische.'
	])('AG-01 “%s” is answered directly where there are no documents', (message) => {
		expect(needs(message)).toBe(false);
	});

	test('AG-01 a question whose words stand in the documents is planned', () => {
		const facts = { documents: 2, languages: ['en'] };
		expect(needs('Who wrote the charter?', { ...facts, coverage: 0.8 })).toBe(true);
		expect(needs('Who wrote the charter?', { ...facts, coverage: 0.2 })).toBe(true);
		expect(needs('Who was the first on the moon?', { ...facts, coverage: 0 })).toBe(false);
		expect(needs('Summarise the second document.', { ...facts, coverage: 0 })).toBe(true);
	});

	test('AG-01 when it cannot be told, it is planned: other languages, meanings, follow-ups', () => {
		const facts = { documents: 2, coverage: 0 };
		expect(needs('Wer hat die Urkunde geschrieben?', { ...facts, languages: ['en'] })).toBe(true);
		expect(needs('Wer hat das Rad und die Tür erfunden?', { ...facts, languages: ['de'] })).toBe(false);
		expect(needs('Who was first?', { ...facts, languages: ['en'], vectors: true })).toBe(true);
		expect(needs('And the second one', { ...facts, languages: ['en'], lastAnswer: 'The first was Ada [1].' })).toBe(
			true
		);
	});

	test('AG-01 a yes takes up what was offered; without an offer it is small talk', () => {
		expect(needs('Yes, please.', { lastAnswer: 'Shall I look it up?' })).toBe(true);
		expect(needs('ja', { lastAnswer: 'Soll ich es nachsehen?' })).toBe(true);
		expect(needs('Yes', { lastAnswer: 'It is so.' })).toBe(false);
	});

	test('AG-01 a table that came along, or a tool of another server that is named, is planned', () => {
		expect(needs('And now?', { tables: 1 })).toBe(true);
		expect(needs('And by month', { earlier: 1 })).toBe(true);
		expect(needs('Thanks!', { earlier: 1 })).toBe(false);
		const remote = [{ id: 'shop.order_status', words: 'Tells where a parcel is on its way' }];
		expect(needs('Show me the status of number seven', { remote })).toBe(true);
		expect(needs('My parcel is late, where on the way can it be', { remote })).toBe(false);
		expect(needs('Sing a song', { remote })).toBe(false);
	});

	test('AG-01 an enormous message is classified at once, whatever it is made of', () => {
		const began = performance.now();
		for (const part of ['1', ' ', '1 ', 'what ', '画', '(', 'a1.'])
			expect(needs(gist(part.repeat(100_000 / part.length)), { documents: 1 }), part).toEqual(expect.any(Boolean));
		expect(performance.now() - began).toBeLessThan(1_000);
	});

	test('AG-01 it says why', () => {
		expect(classify({ ...plain, message: 'What is 2 + 2?' }).reasons).toEqual(['It may need arithmetic.']);
		expect(classify({ ...plain, message: 'Hi' }).reasons).toEqual(['It is small talk.']);
	});

	test('AG-01 a long message is no small talk because it begins with a greeting', () => {
		expect(isSmallTalk('Hello, who wrote the charter of the city, and when was that?')).toBe(false);
	});

	test.each([
		['What is the name of the river?', 'en'],
		['Wie heißt der Fluss und wo ist er?', 'de'],
		['Quel est le nom de la rivière ?', 'fr'],
		['¿Cuál es el nombre del río?', 'es'],
		['Xyzzy', null]
	])('AG-01 the language of “%s” is told by its small words: %s', (message, language) => {
		expect(languageOf(message)).toBe(language);
	});
});
