/** The words of a language that tell nothing of what a text is about, by ISO 639-1; written as they stand in texts. */
const lists: Record<string, string> = {
	en: `a about after all also am an and any are as at be because been before being between both but by can could did do
		does doing done for from had has have having he her here him his how i if in into is it its just me more most my no
		not of off on one only or other our out over own same she should so some such than that the their them then there
		these they this those through to too under up us very was we were what when where which while who whom whose why
		will with would you your unto thou thee thy hath shall`,
	de: `aber alle allem allen aller alles als also am an ander andere anderen auch auf aus bei beim bin bis bist da damit
		dann das dass daß dein dem den denn der des dessen die dies diese diesem diesen dieser dieses doch dort du durch ein
		eine einem einen einer eines er es etwas euch für gegen hab habe haben hat hatte hatten hier hin ich ihm ihn ihnen
		ihr ihre im in ist ja jede jedem jeden jeder jedes kann können man mein mich mir mit muss müssen nach nicht nichts
		noch nun nur ob oder ohne sehr sein seine seinem seinen seiner sich sie sind so soll sollen sondern um und uns unter
		viel vom von vor war waren warum was weil welche welchem welchen welcher welches wenn wer werden wie wieder will wir
		wird wo wurde wurden während zu zum zur zwischen über darf dürfen wen wem wessen wann worauf womit wovon woran`,
	fr: `a ai ainsi alors au aucun aussi autre aux avait avec avoir c ce ceci cela ces cet cette ceux chaque ci comme comment
		d dans de depuis des donc dont du elle elles en encore entre est et eu eux faire fait font furent il ils j je l la le
		les leur leurs lui m ma mais me même mes moi mon n ne ni nos notre nous on ont ou où par pas pendant peut plus pour
		pourquoi près qu quand que quel quelle quelles quels qui quoi s sa sans se selon sera ses si son sont sous sur t ta
		te tes toi ton tous tout toute toutes très tu un une vos votre vous y été être était combien doit ton`,
	es: `a al algo algunas algunos ante antes como cómo con contra cual cuál cuales cuáles cuando cuándo cuanto cuánto
		cuántos cuántas de del desde donde dónde durante e el él ella ellas ellos en entre era eran es esa esas ese eso esos
		esta está estaba estas este esto estos fue ha había hasta hay la las le les lo los más me mi mis mucho muy nada ni no
		nos o os otra otro otros para pero poco por porque qué que quien quién quienes se sea ser si sí sin sobre son su sus
		también tan tanto te tiene todo todos tu un una uno unos y ya yo`,
	it: `a ad al alla alle allo ai agli anche che chi ci come con cosa cui da dal dalla dalle dei del della delle dello di
		dove e ed era è fu gli ha hanno i il in io la le lei lo loro lui ma me mi mio ne nei nel nella nelle no noi non o ogni
		per perché più quale quali quando quanto quello questa questo qui se sei si sia sono su sua sul sulla suo tra tu tutti
		un una uno vi voi`,
	pt: `a ao aos as até com como da das de dela dele do dos e é ela ele eles em entre era essa esse esta está este eu foi há
		isso isto já lhe mais mas me mesmo meu minha muito na não nas nem no nos nós o onde os ou para pela pelo por porque
		qual quais quando quanto que quem se sem ser seu são sua também te tem um uma você`,
	nl: `aan al alle als altijd andere ben bij daar dan dat de der deze die dit doch doen door dus een en er ge geen had heb
		hebben heeft hem het hier hij hoe hun iets ik in is ja je kan kon kunnen maar me meer men met mij mijn moet na naar
		niet niets nog nu of om omdat onder ons ook op over reeds te tegen toch toen tot u uit uw van veel voor waar waarom
		want waren was wat welke werd wezen wie wij wil worden wordt ze zelf zich zij zijn zo zonder zou`,
	sv: `alla allt att av blev bli blir både de dem den denna deras dess det detta dig din du där då efter ej eller en er ett
		från för ha hade han hans har hon hur här i icke ingen inte jag ju kan kunde man med mellan men mig min mot mycket ni
		nu när någon något och om oss på samma sedan sig sin skulle som så till under upp ut utan vad var vara vem vi vid
		vilken är över`,
	da: `af alle alt anden at blev blive bliver da de dem den denne der deres det dette dig din disse dog du efter eller en
		end er et for fra ham han hans har havde hende her hos hun hvad hvem hvis hvor hvordan hvornår i ikke ind jeg jer kun
		man mange med meget men mig min mod ned noget nogle nu når og også om op os over på selv sig sin skal som sådan thi
		til ud under var vi vil ville være været`,
	no: `alle at av bare begge ble bli da de dem den denne der dere deres det dette din du eller en er et etter for fordi fra
		før ha hadde han hans har henne her hun hva hvem hver hvilken hvis hvor hvordan hvorfor i ikke ingen inn jeg kan kom
		kun man mange med meg meget mellom men mer min mot mye når noe noen nå og også om opp oss over på seg selv sin skal
		som så til under ut uten var ved vi vil ville vår være`,
	fi: `ei eivät eli emme en et ette että he hän ja jo jos joka jotka kanssa koska kuin kuka kun me mikä mitä miksi missä
		mutta myös minä ne niin nyt ole oli on ovat se sekä sen siitä sinä tai tämä te vaan voi`,
	pl: `a aby ale bez bo być był była było były co czy dla do gdy gdzie go i ich ile im ja jak jako je jego jej jest jeszcze
		już kiedy kto która które który ma mnie na nad nie nim o od on ona oni oraz po pod przez przy są się tak także tam te
		tego ten to tu ty w we więc z za ze że`,
	ru: `а без более бы был была были было быть в вам вас вдруг ведь во вот все всего всех вы где да даже для до его ее если
		есть еще же за здесь и из или им их к как какая какой когда кто ли между меня мне много может мы на над надо нас не
		него нее нет ни них но ну о об один он она они от перед по под после потом потому почему при с сам себя сколько со
		так там тем теперь то тогда того тоже только том тот ты у уже хоть чего чем что чтобы чья эта эти это этого этот я`,
	tr: `ama bazı belki ben beni bir biri biz bu çok çünkü da daha de defa diye en gibi hem hep her hiç için ile ise kez ki kim
		mı mi mu mü nasıl ne neden nerede niçin o olan olarak onlar sanki siz şey şu ve veya ya yani`
};

const words = new Map(Object.entries(lists).map(([language, text]) => [language, new Set(text.split(/\s+/))]));

/** The small words of a language; none for one that has no list. */
export function stopWords(language: string | null): ReadonlySet<string> {
	return words.get(language ?? '') ?? new Set();
}

/** The languages that have a list. */
export const listedLanguages: readonly string[] = [...words.keys()];
