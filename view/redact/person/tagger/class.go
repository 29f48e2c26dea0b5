package tagger

import "strings"

// A Class is what a word of a closed list says about its neighbours.
type Class uint8

// The classes.
const (
	Plain     Class = iota
	Honorific       // Mr, Mme: a name follows
	Role            // director, directrice
	Month
	Day
	People    // French, Allemand
	Legal     // Inc, SARL: a company's name ends
	Body      // university, ministère: part of an organisation's name
	Ground    // street, lac: part of a place's name
	Kin       // brother, collègue
	Speech    // said, selon
	Greeting  // hi, bonjour
	Closing   // regards, cordialement
	Particle  // van, de: a name goes on after it
	Suffix    // Jr, PhD
	Called    // named, s'appelle
	Pronoun   // I, he, nous
	Work      // song, film: a title stands near
	Object    // app, version: a product stands near
	Prep      // in, at, à: places and organisations follow
	Verb      // is, has, was, thinks: a subject stands before
	Join      // and, et, or, ou
	Article   // the, le, un
	Auxiliary // do, please, will and other openers of sentences
	Chatter   // wow, lol: cries of hurried people
	Little    // la, el: inside names, after a particle
)

// classWords gives every class its words, folded, English and French together.
// A word of two classes is in the one that tells more.
var classWords = []struct {
	class Class
	words string
}{
	{Honorific, `mr mrs ms miss mx dr drs prof sir madam madame m mme mlle mlles mmes monsieur mademoiselle docteur doctor professeur
	professor me maitre messrs mm rev reverend pere abbe frau herr senor senora signor signora don dona capt captain lt col sgt sergeant lord lady dame king
	queen prince princess princesse roi reine saint st ste sainte senator senateur congressman congresswoman judge juge rep representative messieurs mesdames uncle aunt tante oncle tonton tata papa mama lil dj mc`},
	{Role, `ceo cto cfo coo cio cmo vp svp evp director directeur directrice manager engineer president presidente presidents chair chairman chairwoman chairperson
	minister ministre maire mayor depute deputee governor gouverneur secretary secretaire founder fondateur fondatrice cofounder consultant consultante analyst analyste developer
	developpeur developpeuse designer recruiter recruteur recruteuse officer chief chef cheffe head lead responsable partner associate associe associee owner proprietaire
	editor redacteur redactrice author auteur autrice author ecrivain journalist journaliste reporter teacher enseignant enseignante lawyer avocat avocate nurse infirmier infirmiere
	student etudiant etudiante intern stagiaire coach trainer formateur formatrice singer chanteur chanteuse actor actress acteur actrice
	artist artiste architect architecte administrator administrateur commissioner coordinator coordinateur coordinatrice specialist spokesperson spokesman spokeswoman ambassador
	ambassadeur researcher chercheur chercheuse scientist candidate candidat candidate moderator host speaker intervenant intervenante commissaire supervisor technicien technicienne ingenieur ingenieure comptable vendeur vendeuse blogger superintendent astronaut spokeswoman correspondent columnist attorney principal dean provost chancellor trustee treasurer tresorier tresoriere secretaire delegue deleguee benevole salarie salariee premier deputy general generale vice senior junior chairperson
	conseiller conseillere gerant gerante assistante assistant adjoint adjointe redac dg drh pdg dsi daf dga player joueur joueuse guitarist drummer pianist songwriter composer`},
	{Month, `january february march april june july august september october november december janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre jan feb mar apr jun jul aug sep sept oct nov dec`},
	{Day, `monday tuesday wednesday thursday friday saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche mon tue tues wed thu thurs fri sat
	christmas easter noel paques toussaint ascension pentecote thanksgiving halloween ramadan`},
	{People, `american british english french german spanish italian dutch belgian swiss swedish norwegian danish finnish polish russian ukrainian greek turkish
	chinese japanese korean indian pakistani mexican brazilian canadian australian african european asian arab israeli egyptian moroccan algerian tunisian iranian irish scottish welsh
	slovenian slovene slovak estonian latvian lithuanian icelandic greenlander greenlandic albanian macedonian bosnian moldovan belarusian georgian armenian azerbaijani kazakh uzbek afghan syrian lebanese jordanian iraqi kuwaiti saudi yemeni libyan sudanese somali ghanaian cameroonian congolese senegalese malian ivorian rwandan ugandan tanzanian zambian zimbabwean angolan mozambican malagasy mauritian nepalese nepali bangladeshi lankan burmese cambodian laotian malaysian singaporean taiwanese mongolian tibetan samoan fijian maori hawaiian alaskan texan californian jamaican cuban haitian dominican colombian venezuelan ecuadorian peruvian bolivian chilean argentine argentinian paraguayan uruguayan guatemalan honduran salvadoran nicaraguan panamanian cypriot maltese luxembourger flemish catalan basque sicilian bavarian soviet byzantine ottoman latino latina hispanic caucasian
	portuguese hungarian czech austrian romanian bulgarian croatian serbian vietnamese thai indonesian filipino nigerian kenyan ethiopian
	americans europeans germans italians russians indians canadians australians africans christians muslim muslims jewish jews catholic catholics hindu buddhist
	francais francaise francaises anglais anglaise allemand allemande allemands espagnol espagnole espagnols italien italienne italiens belge belges suisse suisses
	americain americaine americains britannique britanniques europeen europeenne europeens chinois chinoise japonais japonaise russe russes polonais polonaise
	portugais portugaise marocain marocaine algerien algerienne tunisien tunisienne senegalais quebecois quebecoise canadien canadienne parisien parisienne parisiens lyonnais lyonnaise
	breton bretonne bretons arabe arabes juif juifs musulman musulmans chretien chretiens catholique catholiques`},
	{Legal, `inc ltd llc llp corp plc gmbh sa sas sasu sarl eurl snc scop ag nv bv oy ab spa srl pty kg co lp pbc asbl scs`},
	{Body, `university universite college school ecole lycee institute institut academy academie faculty faculte department departement ministry ministere agency agence
	association federation foundation fondation council conseil committee comite commission board center centre office bureau service services
	bank banque hospital hopital clinic clinique hotel restaurant cafe museum musee church eglise library bibliotheque theatre theater court cour tribunal parliament parlement senate senat congress
	assembly assemblee union syndicat party parti club society societe league ligue army armee police group groupe company compagnie corporation
	holdings holding industries partners associates consulting solutions systems software technologies technology tech labs laboratory laboratoire studio studios media capital ventures
	insurance assurances airlines airways motors energy pharma pharmaceuticals logistics networks international global enterprise enterprises entreprise entreprises
	brothers sons freres fils cie administration authority trust fund network coalition alliance initiative program programme project projet team equipe mairie prefecture
	collectif cabinet agences magazine times journal news press gazette herald tribune post radio tv television records stores store shop boutique brewery
	chambre maison festival university prize prix award awards cup coupe act law loi code treaty medal conference summit workshop bar pub
	communications marketing management finance financial security analytics data digital cloud health care healthcare education research engineering development resources operations sales`},
	{Ground, `rua via calle avda avenida paseo piazza piazzetta corso strasse weg platz gatan vagen vagur vegur gata vej vegen veien utca utja ulica ul plac praca camino carrera largo travessa viale vicolo laan straat plein kade tie katu kuja street st road rd avenue ave lane ln drive dr boulevard blvd square park parc river lake lac mount mont mountain island ile county city ville town village valley vallee beach plage bay baie
	bridge pont place plaza station gare airport aeroport port harbor harbour hill hills forest foret rue quai chemin impasse allee cours route faubourg passage
	highway terrace court way apt suite building tower tour castle chateau palace palais district quartier arrondissement region province state etat republic republique kingdom north south east west nord sud est ouest
	northern southern eastern western upper lower ocean sea mer gulf cape cap fort point falls springs heights creek canyon coves greens mill mills radial meadow meadows ridge ridges crossing trail trails isle isles parkway pkwy circle turnpike viaduct causeway expressway freeway motorway junction orchard grove groves gardens manor plains plateau shoals mews hollow knoll underpass overpass bypass alley annex arcade stravenue terrasse box po apt fpo apo psc usns usnv usnr cmr unit pobox corner blvd bd av desert stadium stade`},
	{Kin, `brother sister mother father mom mum dad husband wife son daughter friend boss colleague coworker cousin aunt uncle grandma grandpa grandmother grandfather nephew niece girlfriend boyfriend kid kids
	teammate mentor buddy pal frere soeur mere mari femme fille ami amie collegue collegues copain copine cousine neveu oncle tante voisin voisine epoux epouse compagnon compagne fiance fiancee patron patronne pote
	mate partner parrain marraine beaufrere fiston baby bro sis`},
	{Speech, `said says say told tells asked asks wrote writes replied replies added adds explained explains stated states noted notes argued argues announced announces commented comments shouted
	answered whispered insisted claims claimed suggested suggests according dit disait declare declara explique expliqua repond repondit ajoute ajouta affirme affirma precise precisa selon raconte ecrit ecrivait
	confie annonce souligne rappelle estime s'exclame reprit murmura cria demanda demande conclut remarque temoigne`},
	{Greeting, `hi hello dear hey yo howdy greetings morning evening welcome bonjour bonsoir salut cher chere chers cheres coucou hola
	thanks thank thx ty merci congrats congratulations bravo felicitations happy ciao bienvenue sorry pardon desole rip`},
	{Closing, `regards best cheers sincerely yours cordialement amicalement amities bien bises bisous sincerement respectueusement cdlt warmly kind warm faithfully love respectfully signed signe`},
	{Particle, `van von der den del della di da dos das do la le de du des el al bin ibn ben ter ten af av y e zu zur vom la las los san mac o d l abu bint ul ud uz s`},
	{Suffix, `jr sr ii iii iv phd md esq msc mba cpa pmp rn dds jd bsc ph`},
	{Called, `named name names called nickname username appelle appelez appelait nomme nommee prenom nom surnomme surnommee baptise prenomme dénommé denomme denommee intitule contact attn signataire patient
	client passenger tenant employee applicant beneficiary customer`},
	{Pronoun, `i you he she it we they me him her us them my your his its our their mine yours hers ours theirs who whom whose this that these those
	je tu il elle on nous vous ils elles moi toi lui eux mon ma mes ton ta tes son sa ses notre votre nos vos leur leurs qui que quoi ce cet cette ces cela ca celui celle ceux ici
	im ive ill youre hes shes were theyre myself yourself himself herself someone everyone anybody nobody anyone quelqu personne`},
	{Work, `song songs album movie film films book books novel show episode video series concert concerts track version cover tour band lyrics chanson livre roman serie emission spectacle groupe disque titre
	game games fan fans comic play opera symphony story tale character channel podcast playlist single remix trailer`},
	{Object, `app apps website site blog page tool platform plateforme product produit phone laptop car model device browser server software logiciel outil application update release
	brand marque account compte library framework api plugin`},
	{Prep, `in at on from to into onto near across through throughout inside outside within around for of by with without about against between among after before during since until under over like
	a au aux en dans sur sous vers chez par pour sans avec contre entre apres avant depuis pendant lors jusqu pres hors parmi dont`},
	{Verb, `is was are were has had have does did will would can could should may might must been being be went came got goes comes thinks thought knows knew looks looked makes made takes took gave gives
	wants needs works worked lives lived loves loved likes plays played joins joined leaves left won lost died runs ran wins started became becomes seems
	est etait sont etaient a avait ont avaient sera serait fut va vient peut doit veut pense sait travaille habite aime joue rejoint quitte devient semble fait prend donne arrive part a`},
	{Join, `and et or ou but mais nor ni than que as comme if si because car when quand while where`},
	{Article, `the an a this un une les l des cette each every some any no`},
	{Chatter, `wow woww wooow omg omfg omgg lol lool lolol lmao lmfao rofl haha hahaha hahahaha hehe hehehe heh hah ha xd wtf wth ffs smh idk idc tbh imo imho btw afaik fyi asap damn dang darn
	gosh gawd welp whelp ugh eww ew yuck yay yikes ouch oops whoa woah aww awww yeah yea yep yup nah nope nvm jk ikr bruh bro dude dudes cuz coz altho tho luv plz pls thanx thats dont cant wont didnt doesnt
	isnt arent wasnt werent gonna gotta wanna gimme lemme imma ima aint yall youre youve theyre theyve hes shes whats wheres whos hows idgaf stfu gtfo goat ftw gg rip fml fuck fucking fuckin shit crap hell ass
	vid vids sub subs dislike disliked liked subscribe subscribed awesome amazing nice cool funny cute crazy weird sexy stupid dumb lame epic legit literally honestly seriously basically actually
	mdr ptdr lol oups hein ouais ouaip bah ben beh euh pff zut mince genre grave franchement carrement bof chouette aie ah oh eh ohe hop chut waouh ouf hourra tkt jsp dsl svp stp cc slt bjr
	damnit goddamn holy jeez jesus christ lord god gods mum guys guy girl girls boy boys man men woman women people everybody kids baby babe bae squad fam
	hope love hate best worst first last free stop wait watch listen read click check share free great good bad big poor happy sad proud true real fake new old young
	true false nan null none na n/a tbd faq`},
	{Auxiliary, `please so then there here what why how which whose not yes no ok okay also just only even still yet now today tomorrow yesterday again too very more most
	oui non alors donc ainsi aussi encore toujours jamais hier demain aujourd hui maintenant voici voila puis enfin comment pourquoi combien quel quelle quels quelles bref pourtant cependant
	don't dont doesnt cant wont lets let tell ask call see look make take get give go come keep follow meet add remove send email contact avez avons es suis etes sommes peux pouvez voulez
	however although though once first second last next new both many much all most our`},
}

// Classes returns the class of every word of the closed lists, by its folded letters.
func Classes() map[string]Class {
	m := map[string]Class{}
	for i := len(classWords) - 1; i >= 0; i-- {
		for w := range strings.FieldsSeq(classWords[i].words) {
			m[Fold(w)] = classWords[i].class
		}
	}
	return m
}
