/**
 * Words that hint at what a message needs, in the languages that we can read ourselves. They only decide whether a
 * plan is asked for: what is missed is answered without tools, what is caught wrongly costs one short call.
 */

/** Arithmetic: numbers with something between them, or words for reckoning. */
export const reckoning = anyOf(
	String.raw`[\d)][.,]{0,2}\s{0,5}([-+*/×÷^%=]|\*\*|plus|minus|mal|durch|times|over|fois|por|divided by|multiplied by|modulo|mod)\s{0,5}[\d(√]`,
	String.raw`\d\s*%|\d!|√|\b(sqrt|sin|cos|tan|log|ln|exp)\s*\(`,
	String.raw`\b(calculat|comput|square root|cube root|percent|average of|mean of|median of|sum of|convert|how much is|add up|subtract|multipl|divid)`,
	String.raw`\b(berechn|rechne|ausrechn|wurzel|prozent|durchschnitt von|summe von|wie ?viel (ist|sind|macht)|umrechn)`,
	String.raw`\b(calcul|racine|pour ?cent|combien (fait|font)|somme de|moyenne de|raíz|porcentaje|cuánto es|suma de|promedio)`,
	'计算|多少|計算|いくつ|сколько будет|вычисл|посчитай'
);

/** The time and the date. */
export const telling = anyOf(
	String.raw`\b(what(’|')?s? (is )?the (time|date)|what time|time is it|time now|current (time|date)|what day|what year|which day|today|tomorrow|yesterday|time ?zones?|how (many|long) (days|weeks|until|till)|local time|o'clock|right now)\b`,
	String.raw`\b(wie spät|wieviel uhr|wie viel uhr|uhrzeit|welcher tag|welches datum|welches jahr|heute|morgen|gestern|zeitzone|wie lange (noch|bis)|wie viele tage)\b`,
	String.raw`\b(quelle heure|quel jour|quelle date|aujourd(’|')hui|demain|fuseau|qué hora|qué día|qué fecha|hoy|mañana|ayer|che ore|che giorno|oggi|domani|que horas|que dia|hoje|amanhã)`,
	'几点|今天|明天|昨天|日期|何時|今日|明日|который час|какое сегодня|сегодня|завтра'
);

/** A picture to be made. */
export const drawing = anyOf(
	String.raw`\b(draw|paint|sketch|picture|image|illustrat|drawing|painting|photo|logo|wallpaper|poster)`,
	String.raw`\b(zeichne|zeichnung|male |mal mir|bild|skizz|foto|illustrier)`,
	String.raw`\b(dessin|peins|illustration|dibuj|pinta|imagen|ilustra|disegna|dipingi|immagine|desenh)`,
	'画|絵|描い|图片|图像|нарису|картин|изображ'
);

/** Something to be found out at length, or that is newer than a model. */
export const researching = anyOf(
	String.raw`\b(research|investigat|look up|look into|search (the web|online|the internet)|on the web|online|latest|newest|news|recent|in depth|in-depth|deep dive|current (price|state|version)|sources? for)\b`,
	String.raw`\b(recherch|untersuch|erforsch|im (internet|netz)|neueste|aktuell|nachrichten|ausführlich)`,
	String.raw`\b(enquêt|cherche (sur|dans)|en ligne|dernières|actualité|investig|busca (en|sobre)|en línea|últim[ao]s|noticias|ricerca|pesquis)`,
	'研究|调查|調査|搜索|查找|调研|調べ|最新|ニュース|исследу|изучи|последние|новост'
);

/** Documents as such. */
export const naming = anyOf(
	String.raw`\b(documents?|files?|uploads?|uploaded|pdf|docx|pages?|chapters?|sections?|paragraphs?|appendix|my notes|the notes|knowledge base|manual|handbook|reports?|papers?|articles?|books?|contracts?|according to|cite|citations?|quotes?|summari[sz]e)\b`,
	String.raw`\b(dokument|datei|unterlage|seite \d|kapitel|abschnitt|absatz|notizen|handbuch|bericht|artikel|buch|vertrag|laut|gemäß|zitier|zusammenfass|fasse)`,
	String.raw`\b(documents?|fichier|chapitre|paragraphe|manuel|rapport|livre|contrat|selon|d(’|')après|cite|résum|documento|archivo|capítulo|párrafo|informe|libro|contrato|según|resum)`,
	'文档|文件|文書|書類|资料|資料|章|页|根据|によると|документ|файл|глав|страниц|согласно'
);

/** How questions and wishes to be told something begin, where no question mark is set. */
export const measuring = anyOf(
	String.raw`^\s*(who|whose|whom|what|when|where|why|which|how|is|are|was|were|do|does|did|can|could|should|tell|explain|describe|list|name|show|find|give|compare|define)\b`,
	String.raw`^\s*(wer|wessen|wem|wen|was|wann|wo|woher|wohin|warum|wieso|weshalb|welche[rsnm]?|wie|ist|sind|war|hat|kann|erklär|beschreib|nenn|zeig|find|gib|vergleich|sag)`,
	String.raw`^\s*(qui|que|quoi|quand|où|pourquoi|quel|comment|combien|est-ce|explique|décri|cite|montre|trouve|donne|compare|quién|qué|cuándo|dónde|por qué|cuál|cómo|cuánt|explica|describe|muestra|busca|dime|compara|chi|che|cosa|quando|dove|perché|quale|come|quem|onde|qual)`,
	'什么|谁|哪|怎么|为什么|如何|吗|何|誰|どこ|いつ|なぜ|どう|ですか|кто|что|когда|где|почему|какой|как'
);

/** A yes to what was offered. */
export const following = anyOf(
	String.raw`^(yes|yep|yeah|sure|ok|okay|please|please do|do it|do that|go ahead|go on|continue|of course|correct|right)[\s,.!]*(please|do|do it|do that|go ahead|thanks)?[\s.!]*$`,
	String.raw`^(ja|gern|gerne|klar|bitte|mach das|mach weiter|weiter|genau|oui|volontiers|vas-y|continue|d(’|')accord|sí|si|claro|adelante|vale|sim)[\s,.!]*(bitte|gern|gerne|s(’|')il te plaît|por favor)?[\s.!]*$`,
	String.raw`^(是|好|好的|はい|お願いします|да|давай)[\s。.!]*$`
);

/** Greetings, thanks, goodbyes and questions after the assistant itself. */
export const greeting = anyOf(
	String.raw`^(hi|hello|hey|hiya|howdy|yo|good (morning|afternoon|evening|night)|greetings)( (there|you|all|everyone|again|headway|assistant|bot|friend|mate|how are you( doing)?( today)?|how do you do))*$`,
	String.raw`^(ok |okay |great |perfect |cool |no )?(thanks|thank you|thx|ty|cheers)( (a lot|a million|so much|very much|again|for (that|this|your help|the help|everything)|that(’|')?s all|bye))*$`,
	String.raw`^(ok|okay|great|perfect|cool|nice|good|fine|wow|lol|haha+|no|yes|sure|bye|bye bye|goodbye|see you|see you later|good|well done|never ?mind|sorry)( (then|thanks|bye))?$`,
	String.raw`^(how are you( doing)?( today)?|how(’|')?s it going|what(’|')?s up|who are you|what are you|what(’|')?s your name|what is your name|what can you do( for me)?|how can you help( me)?|are you (there|a bot|human|real|an ai)|tell me a joke)$`,
	String.raw`^(hallo|hi|hey|servus|moin|moin moin|grüß gott|guten (morgen|tag|abend)|gute nacht|danke|danke schön|vielen dank|dankeschön|tschüss|auf wiedersehen|bis bald|wie geht(’|')?s( dir| ihnen)?|wie geht es (dir|ihnen)|wer bist du|was kannst du|super|toll|schön|gut|alles klar|nein)( (danke|du|dir|dir heute|an alle|und danke|nochmal))?$`,
	String.raw`^(bonjour|salut|bonsoir|coucou|merci|merci beaucoup|au revoir|à bientôt|ça va|comment ça va|comment vas-tu|comment vas tu|qui es-tu|qui es tu|super|parfait|non)( (merci|à tous|bien))?$`,
	String.raw`^(hola|buenos días|buenas( tardes| noches)?|gracias|muchas gracias|adiós|hasta luego|qué tal|cómo estás|quién eres|qué puedes hacer|perfecto|genial)( (gracias|a todos|amigo))?$`,
	String.raw`^(ciao|buongiorno|buonasera|grazie|grazie mille|arrivederci|come stai|olá|oi|bom dia|boa tarde|boa noite|obrigad[oa]|tchau|tudo bem|hej|tack|hoi|dag|bedankt|dank je( wel)?)$`,
	'^(你好|您好|嗨|谢谢|多谢|再见|早上好|晚上好|こんにちは|おはよう|こんばんは|ありがとう|ありがとうございます|さようなら|привет|здравствуйте|спасибо|пока|до свидания|안녕하세요|감사합니다|नमस्ते|धन्यवाद|مرحبا|شكرا)$'
);

function anyOf(...patterns: string[]): RegExp {
	// The engine's own word boundary knows no letter outside of ASCII.
	const bounded = patterns.map((pattern) =>
		pattern.replace(/\\b(?=\()/g, '(?<!\\p{L})').replace(/(?<=\))\\b/g, '(?!\\p{L})')
	);
	return new RegExp(bounded.map((pattern) => `(?:${pattern})`).join('|'), 'iu');
}
