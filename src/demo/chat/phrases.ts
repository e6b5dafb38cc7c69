import type { Language } from './language.ts';
import type { SmallTalk } from './small-talk.ts';

/** The sentences that the demo says of its own; everything else in its answers is quoted. */
export interface Phrases {
	disclaimer: string;
	nothing: (missing: string) => string;
	near: (missing: string) => string;
	opening: string;
	library: string;
	unanswered: string;
	results: string;
	failed: string;
	remembered: string;
	noted: string;
	asked: (message: string) => string;
	askedNothing: string;
	said: string;
	pictures: string;
	talk: Record<SmallTalk, string>;
}

const english: Phrases = {
	disclaimer: '_Demo provider: sentences found and quoted, no language model._',
	nothing: (missing) =>
		`The passages that were found do not hold the answer${missing && `: none of them mentions ${missing}`}.`,
	near: (missing) =>
		`The passages do not clearly answer this${missing && `: none of them mentions ${missing}`}. The nearest that they say:`,
	opening: 'I cannot summarise; these are the first sentences of its passages:',
	library: "Nothing of yours was searched for this. The demo's own library says:",
	unanswered:
		"I cannot answer that: I am Headway's demo provider, not a language model, and neither this conversation nor my small library holds it. Add a document to the knowledge base and ask again, or set the key of a real provider.",
	results: 'This is what the tools gave:',
	failed: 'No tool gave anything that I could quote.',
	remembered: 'This is what I was told of you:',
	noted: 'I have read that. As the demo provider I can keep it, but I have nothing to add to it.',
	asked: (message) => `You asked: “${message}”`,
	askedNothing: 'This is the beginning of our conversation: you have not asked anything before.',
	said: 'In this conversation you wrote:',
	pictures: 'I cannot see pictures: the demo provider reads text only.',
	talk: {
		greeting:
			"Hello! I am Headway's demo provider: no language model, but I can plan. Ask about a document of yours, have something calculated, ask for the time somewhere, attach a table and ask it something, or have a picture made.",
		thanks: 'You are welcome.',
		farewell: 'Goodbye! The conversation stays here.',
		who: "I am Headway's demo provider, not a language model. I plan by rules, and answer with sentences that I find in your documents, each with its source. I can calculate, tell the time in any zone, ask an attached table, start a research or a picture, and quote what was found. For more, set the key of a real provider.",
		feeling: 'I am a set of rules, so I am always the same. What can I look up for you?'
	}
};

const german: Phrases = {
	disclaimer: '_Demo-Anbieter: gefundene, wörtlich zitierte Sätze, kein Sprachmodell._',
	nothing: (missing) =>
		`Die gefundenen Stellen enthalten die Antwort nicht${missing && `: keine davon nennt ${missing}`}.`,
	near: (missing) =>
		`Die Stellen beantworten das nicht klar${missing && `: keine davon nennt ${missing}`}. Am nächsten kommt:`,
	opening: 'Zusammenfassen kann ich nicht; das sind die ersten Sätze der Stellen:',
	library: 'In deinen Unterlagen wurde dafür nichts gesucht. Die Bibliothek der Demo sagt:',
	unanswered:
		'Das kann ich nicht beantworten: Ich bin der Demo-Anbieter von Headway, kein Sprachmodell, und weder dieses Gespräch noch meine kleine Bibliothek enthält es. Füge ein Dokument zur Wissensbasis hinzu, oder setze den Schlüssel eines echten Anbieters.',
	results: 'Das haben die Werkzeuge ergeben:',
	failed: 'Kein Werkzeug ergab etwas, das ich zitieren könnte.',
	remembered: 'Das wurde mir über dich gesagt:',
	noted: 'Das habe ich gelesen. Als Demo-Anbieter kann ich es behalten, aber nichts hinzufügen.',
	asked: (message) => `Du hast gefragt: „${message}“`,
	askedNothing: 'Das ist der Anfang unseres Gesprächs: Du hast noch nichts gefragt.',
	said: 'In diesem Gespräch hast du geschrieben:',
	pictures: 'Bilder kann ich nicht sehen: Der Demo-Anbieter liest nur Text.',
	talk: {
		greeting:
			'Hallo! Ich bin der Demo-Anbieter von Headway: kein Sprachmodell, aber ich kann planen. Frag nach einem deiner Dokumente, lass etwas ausrechnen, frag nach der Uhrzeit irgendwo, häng eine Tabelle an, oder lass ein Bild malen.',
		thanks: 'Gern geschehen.',
		farewell: 'Auf Wiedersehen! Das Gespräch bleibt hier.',
		who: 'Ich bin der Demo-Anbieter von Headway, kein Sprachmodell. Ich plane nach Regeln und antworte mit Sätzen aus deinen Dokumenten, jeder mit Quelle. Ich kann rechnen, die Uhrzeit nennen, eine Tabelle befragen und eine Recherche oder ein Bild starten.',
		feeling: 'Ich bin eine Reihe von Regeln und darum immer gleich. Was soll ich nachsehen?'
	}
};

const french: Phrases = {
	disclaimer: '_Fournisseur de démonstration : phrases trouvées et citées, pas un modèle de langage._',
	nothing: (missing) =>
		`Les passages trouvés ne contiennent pas la réponse${missing && ` : aucun ne mentionne ${missing}`}.`,
	near: (missing) =>
		`Les passages n’y répondent pas clairement${missing && ` : aucun ne mentionne ${missing}`}. Ce qui s’en approche le plus :`,
	opening: 'Je ne sais pas résumer ; voici les premières phrases des passages :',
	library: 'Rien n’a été cherché dans vos documents. La bibliothèque de la démonstration dit :',
	unanswered:
		'Je ne peux pas y répondre : je suis le fournisseur de démonstration de Headway, pas un modèle de langage, et ni cette conversation ni ma petite bibliothèque ne le contient. Ajoutez un document, ou la clé d’un vrai fournisseur.',
	results: 'Voici ce que les outils ont donné :',
	failed: 'Aucun outil n’a donné quoi que ce soit à citer.',
	remembered: 'Voici ce que l’on m’a dit de vous :',
	noted: 'Je l’ai lu. Je peux le retenir, mais je n’ai rien à y ajouter.',
	asked: (message) => `Vous avez demandé : « ${message} »`,
	askedNothing: 'C’est le début de notre conversation : vous n’avez encore rien demandé.',
	said: 'Dans cette conversation vous avez écrit :',
	pictures: 'Je ne vois pas les images : ce fournisseur ne lit que du texte.',
	talk: {
		greeting:
			'Bonjour ! Je suis le fournisseur de démonstration de Headway : pas un modèle de langage, mais je sais planifier. Posez une question sur vos documents, faites calculer quelque chose, demandez l’heure, joignez un tableau ou demandez une image.',
		thanks: 'Je vous en prie.',
		farewell: 'Au revoir ! La conversation reste ici.',
		who: 'Je suis le fournisseur de démonstration de Headway, pas un modèle de langage. Je planifie selon des règles et je réponds par des phrases de vos documents, avec leur source.',
		feeling: 'Je suis un ensemble de règles, donc toujours pareil. Que voulez-vous que je cherche ?'
	}
};

const spanish: Phrases = {
	disclaimer: '_Proveedor de demostración: frases encontradas y citadas, no un modelo de lenguaje._',
	nothing: (missing) =>
		`Los pasajes encontrados no contienen la respuesta${missing && `: ninguno menciona ${missing}`}.`,
	near: (missing) =>
		`Los pasajes no lo responden con claridad${missing && `: ninguno menciona ${missing}`}. Lo más cercano que dicen:`,
	opening: 'No sé resumir; estas son las primeras frases de los pasajes:',
	library: 'No se buscó nada en tus documentos. La biblioteca de la demostración dice:',
	unanswered:
		'No puedo responderlo: soy el proveedor de demostración de Headway, no un modelo de lenguaje, y ni esta conversación ni mi pequeña biblioteca lo contienen. Añade un documento, o la clave de un proveedor real.',
	results: 'Esto dieron las herramientas:',
	failed: 'Ninguna herramienta dio algo que pueda citar.',
	remembered: 'Esto es lo que me contaron de ti:',
	noted: 'Lo he leído. Puedo guardarlo, pero no tengo nada que añadir.',
	asked: (message) => `Preguntaste: «${message}»`,
	askedNothing: 'Es el comienzo de nuestra conversación: aún no has preguntado nada.',
	said: 'En esta conversación escribiste:',
	pictures: 'No veo imágenes: este proveedor solo lee texto.',
	talk: {
		greeting:
			'¡Hola! Soy el proveedor de demostración de Headway: no un modelo de lenguaje, pero sé planificar. Pregunta por tus documentos, pide un cálculo, la hora en algún lugar, adjunta una tabla o pide una imagen.',
		thanks: 'De nada.',
		farewell: '¡Hasta luego! La conversación queda aquí.',
		who: 'Soy el proveedor de demostración de Headway, no un modelo de lenguaje. Planifico con reglas y respondo con frases de tus documentos, cada una con su fuente.',
		feeling: 'Soy un conjunto de reglas, así que siempre igual. ¿Qué busco?'
	}
};

const PHRASES: Record<Language, Phrases> = { en: english, de: german, fr: french, es: spanish };

export function phrasesOf(language: Language): Phrases {
	return PHRASES[language];
}
