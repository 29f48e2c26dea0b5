package redact

import "strings"

func set(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}

// streetsBefore are the words for a street that stand before its name.
var streetsBefore = set(`rue avenue av av. ave boulevard bd bd. bvd blvd place chemin allée allee impasse quai route cours square passage sentier ruelle rond-point faubourg lotissement résidence residence
	via viale piazza corso strada vicolo piazzale largo calle c/ avenida avda avda. av plaza paseo pza pza. carrer carretera camino ronda chaussée venelle hameau lieu-dit montée côte traverse esplanade promenade clos mail parvis cité travesía glorieta passeig rambla rúa
	rua r r. travessa praça praca estrada alameda ul ul. ulica ulice al al. aleja os os. pl pl. plac nám nám. náměstí třída ulitsa улица`)

// streetsAfter are those that stand behind it, as a word of their own.
var streetsAfter = set(`street st st. road rd rd. avenue ave ave. av. lane ln ln. drive dr dr. court ct ct. crescent cres close square sq sq. boulevard blvd blvd. way place pl pl. terrace parade
	highway hwy parkway pkwy row mews grove gardens walk hill circle cir trail alley loop strasse straße str str. platz weg allee gasse ring damm ufer utca u. út útja útca tér tere körút krt. gade vej
	gata gatan väg vägen katu tie straat laan plein trg ulica cesta nábřeží sokak caddesi cad. sok.`)

// commonAfter are those that are common words as well: they need a number in front.
var commonAfter = set(`st dr ct way place pl row walk hill circle loop ring tie court close square trail drive lane alley grove gardens damm av`)

// streetsInside end the one word that names a street.
var streetsInside = strings.Fields(`strasse straße stræde straede straat gasse gracht vägen vagen vegen veien gatan gaten gata braut stræti straeti katu kuja polku plein laan singel dijk kade gade allee allé väg vej weg platz utca sétány torg torget stien sgate bakken hagen veg vei`)

// weakInside end words that are no street as well.
var weakInside = strings.Fields(`tie ring damm ufer park graben markt berg hof steig moor ova ská ého gatan bruk`)

var units = set(`apt apt. apartment suite ste ste. unit floor fl. flat room rm. appt appt. appartement bât bât. bat. bâtiment batiment étage etage piso puerta tür top stiege og wohnung esc. esc escalier porte interno`)

// particles stand inside names of streets and places without a capital.
var particles = set(`de la le les du des d da do dos das di del della dei degli dell van der den ten ter von vom zu zum zur am an auf im in of the and y e i el los las al lès lez sur sous en à aux u z ze nad pod na pri v ob bei a het t saint st st. ste ste.`)

// edges are particles that a name neither begins nor ends with.
var edges = set(`in and of the an am a i e y en im v à zu al the auf na pod u`)

// noPlaces begin what follows an address and are no part of it, or stand before
// a number that is none.
var noPlaces = set(`the i we it he she they you if when this that these our your my his her please thanks thank regards best cheers dear hi hello mobile phone fax desk tel tél telephone email e-mail mail web website
	mr mrs ms dr. prof call ask and but or so then for after before last in on at with from to is was are january february march april may june july august september october november december
	jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun janvier février mars avril mai juin juillet août septembre octobre novembre décembre
	lundi mardi mercredi jeudi vendredi samedi dimanche je nous il elle on merci cordialement bonjour et ou mais si enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
	chapter section version windows fiscal fy phase step title article page figure table gate level grade day week month year part no number act public law rule order volume vol issue top am pm gmt est pst edt pdt utc
	form schedule booth item round example lesson priority action equation sprint goal area sector group pier bldg building beta release task question answer series model type class method note appendix annex clause paragraph line row column slide box bus train flight channel highway interstate exit mile season episode team district ward zone unit top page pages paragraph survey census summit conference over approximately about around some all nearly almost under more than only now of as using following like upwards americans rooms forms sections chapters copyright epub doi vol publication bulletin memo memorandum circular directive resolution order executive epoch cohort wave stage tier rank score grade rev revision update edition project program fund budget award fellow fellows python java drupal excel word office html css sql http ios android iphone galaxy catch apollo boeing airbus formula symphony psalm verse covid agenda horizon fortune forbes inc ip wordpress
	percent million billion users people employees members hours minutes days years it's we're i'm please when where date name zip country phone: serving amazon`)

// countriesOfTwo are what the countries that begin with a common word go on with.
var countriesOfTwo = set(`south africa sudan korea new zealand united kingdom states arab`)

// countries are what the last line of an address may be without being cut off
// from it: English, and the forms that people write at home.
var countries = set(`afghanistan albania algeria argentina armenia australia austria azerbaijan belarus belgium belgique belgië bolivia bosnia brazil brasil bulgaria cambodia cameroon canada chile china colombia croatia cuba
	cyprus czech czechia denmark danmark deutschland ecuador egypt england españa estonia eesti ethiopia finland suomi france georgia germany ghana greece greenland greenlander greenlandic guatemala honduras hungary iceland ísland india indonesia iran iraq ireland
	israel italy italia jamaica japan jordan kazakhstan kenya korea kuwait latvia lebanon libya liechtenstein lithuania luxembourg macedonia malaysia malta mexico méxico moldova monaco mongolia montenegro morocco maroc nepal
	netherlands nederland new nicaragua nigeria norway norge österreich pakistan panama paraguay peru philippines poland polska portugal qatar romania russia scotland senegal serbia singapore slovakia slovenia
	south spain sudan suisse schweiz svizzera sweden sverige switzerland syria taiwan tanzania thailand tunisia tunisie turkey türkiye uganda ukraine united uruguay usa uk venezuela vietnam wales yemen zambia zimbabwe`)

// addressWords before something say that it may be an address.
var addressWords = []string{
	"address", "adresse", "dirección", "direccion", "anschrift", "indirizzo", "located", "situé", "lives", "live ", "lived", "living", "living at", "reside", "moved to", "office", "restaurant is", "station is", "meet me", "meet you", "meet us", "return to", "sent to", "send it", "ship", "deliver", "visit us", "corner", "enter on", "side of",
	"arrived at", "street", "house is", "home is", "habite", "habitons", "demeurant", "domicili", "rendez-vous", "livr", "wohn", "vivo en", "vive en", "headquarter", "siège", "warehouse", "venue", "store is", "shop is", "where:", "billing", "shipping", "come to", "come by", "domicile", "wohnhaft", "we'll meet", "meet on", "meet at", "pick up at", "pick me up", "drop off",
}

// leads are the words that stand right before a place.
var leads = []string{" at", " in", " on", " is", " to", " of", " near", " from", " with", " by", " à", " au", " en", " est", " calle", " la", " el", " der", " dem", " auf", " bei"}

var boxWords = []string{"p.o. box ", "po box ", "p.o box ", "p. o. box ", "p.o.box ", "post office box ", "postfach ", "boîte postale ", "apartado de correos ", "apdo. ", "casilla de correo ", "bp ", "gpo box "}

// suffixes are the other words that American streets end with (United States
// Postal Service, Publication 28, appendix C1), and their plurals.
var suffixes = set(`bayou bend bluff bottom brook bypass causeway cliff cliffs club corner corners cove coves crossing crossroad crossroads curve dale divide estate estates expressway extension ferry field fields flat flats
	ford fords forest forge forges fork forks fort freeway gateway glen glens green greens harbor harbors haven heights hollow inlet island islands isle junction junctions key keys knoll knolls landing light lights loaf lock locks
	lodge mall manor manors meadow meadows mill mills mission motorway mount mountain mountains neck orchard oval overpass pass path pike pine pines plain plains plaza point points port ports prairie radial ramp ranch rapid rapids
	ridge ridges river roads route run shoal shoals shore shores skyway spring springs spur spurs stravenue stream streets summit throughway trace track trafficway tunnel turnpike underpass union unions valley valleys via viaduct
	view views village villages ville vista walks wall ways well wells`)

var streetCues = []string{" street", " road", " avenue", " boulevard", " lane"}
