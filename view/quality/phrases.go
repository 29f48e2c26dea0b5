package quality

import (
	"strings"
	"sync"
)

// A phrase is words that give a text away, where the text has at most so many
// words for each that is found: what one remark may be about is no footer.
type phrase struct {
	words  []uint64
	reason Reason
	most   int
	first  bool // only where the text begins with it
}

// phrased returns the reason of the phrases that are in the text.
func (s *shape) phrased() Reason {
	t := phrases()
	words := s.kept()
	room := map3{}
	for i := range max(len(words)-1, 0) {
		h := pair(words[i:])
		if t.filter[h>>58]&(1<<(h>>52&63)) == 0 {
			continue
		}
		for _, p := range t.of[h] {
			if p.first && i > 0 || !begins(words[i:], p.words) {
				continue
			}
			room.add(p)
		}
	}
	for i, r := range told {
		if room[i] > 0 && s.words <= room[i] {
			return r
		}
	}
	return Keep
}

// pair names the two words that begin a phrase.
func pair(words []uint64) uint64 { return (words[0] + words[1]*3) * prime }

// told are the reasons that phrases have.
var told = [3]Reason{Automatic, Boilerplate, Spam}

// map3 has how many words each of told may take.
type map3 [3]int

func (m *map3) add(p phrase) {
	for i, r := range told {
		if r == p.reason {
			m[i] += p.most
		}
	}
}

func begins(words, with []uint64) bool {
	if len(words) < len(with) {
		return false
	}
	for i, h := range with {
		if words[i] != h {
			return false
		}
	}
	return true
}

type table struct {
	filter [64]uint64 // of first pairs, by twelve bits
	of     map[uint64][]phrase
}

var phrases = sync.OnceValue(func() *table {
	t := &table{of: map[uint64][]phrase{}}
	for _, group := range []struct {
		reason Reason
		most   int
		first  bool
		list   string
	}{
		{Automatic, 12, false, notices},
		{Automatic, 24, true, openings},
		{Automatic, 80, false, replies},
		{Boilerplate, 80, false, footers},
		{Spam, 120, false, adverts},
	} {
		for line := range strings.Lines(group.list) {
			if words := hashes(line); len(words) > 1 {
				h := pair(words)
				t.of[h] = append(t.of[h], phrase{words, group.reason, group.most, group.first})
				t.filter[h>>58] |= 1 << (h >> 52 & 63)
			}
		}
	}
	return t
})

func hashes(text string) []uint64 {
	var s shape
	s.read(text)
	return append([]uint64(nil), s.kept()...)
}

func wordSet(list string) func() map[uint64]bool {
	return sync.OnceValue(func() map[uint64]bool {
		out := map[uint64]bool{}
		for _, h := range hashes(list) {
			out[h] = true
		}
		return out
	})
}

// Words by what they say of a short text.
var (
	labels = wordSet(`blog blogs website web site page link links url see here at my the on and follow read more via source video photo image
		lien liens voir ici mon ma le la les sur et lire plus suite à cf vidéo`)
	fillers = wordSet(`yes yeah yep no nope ok okay i agree agreed thanks thank you thx too so very much true exactly indeed absolutely definitely sure
		right great good nice cool well done lol haha wow hi hello hey my god oh me same here this that is it a the for all with both totally completely quite
		bump up congrats congratulations bravo welcome please done test sounds
		oui non merci beaucoup bien super d'accord je suis tout à fait exactement vrai c'est moi aussi pareil bonjour salut bonsoir bravo félicitations
		bienvenue parfait génial top avec toi vous pour tous et de rien mon dieu très bon bonne`)
	testWords = wordSet(`test tests testing tester teste teest essai essais tst`)
	around    = wordSet(`hello hi hey this is a only just my first another one two three please ignore post message comment posting again x y z foo bar baz
		bonjour ceci est un c'est mon premier message commentaire encore deux trois svp merci d'ignorer simple juste de publication just it works sorry`)
	verbs = wordSet(`your the it them this early often before after everything is was are were has what how why when who will can driven coverage plans if
		vos votre les la le ce cet cette tout avant est sont a`)
)

const notices = `
joined the group
left the group
has joined the team
joined the channel
was added to the group
changed their profile picture
updated their profile picture
changed the group name
changed the subject
created the group
started following
is now connected to
has a new connection
celebrates a work anniversary
is celebrating
has shared a document
a rejoint le groupe
a quitté le groupe
a rejoint l'équipe
a rejoint le canal
a été ajouté au groupe
a été ajoutée au groupe
a changé sa photo de profil
a changé de photo de profil
a mis à jour sa photo
a créé le groupe
fête ses
posted via
publié via
posté via
envoyé via
shared via
tweeted via
sent from my iphone
sent from my mobile
sent from my ipad
sent from outlook
envoyé de mon iphone
envoyé depuis mon
envoyé de mon mobile
télécharger outlook pour
get outlook for
build failed
build passed
build succeeded
pipeline failed
pipeline passed
pipeline succeeded
deployment succeeded
deployment failed
deployed to production
merged pull request
opened pull request
closed pull request
merge pull request
merge branch
all checks have passed
commits pushed to
le build a échoué
le pipeline a échoué
déploiement réussi
`

const openings = `
possible duplicate of
doublon possible de
bump to
automatic reply
réponse automatique
`

const replies = `
out of the office
i am out of office
out of office until
on annual leave until
i will have limited access to
with limited access to my
je suis actuellement absent
je suis actuellement absente
je suis absent du
je suis absente du
je suis absent jusqu'au
je suis absente jusqu'au
en mon absence
absent du bureau
absente du bureau
this is an automated message
this is an automatic message
this is an automated reply
this is an automated email
this message was sent automatically
this message was generated automatically
this post was generated automatically
was automatically generated
ceci est un message automatique
ce message est généré automatiquement
ce message a été envoyé automatiquement
message généré automatiquement
i am a bot
i'm a bot
beep boop
this action was performed automatically
je suis un bot
je suis un robot
please do not reply to this
do not reply to this email
do not reply to this message
merci de ne pas répondre à ce
ne pas répondre à ce message
ne répondez pas à ce
`

const footers = `
all rights reserved
tous droits réservés
permission is hereby granted free of charge
provided as is without warranty
without warranty of any kind
merchantability fitness for a particular purpose
redistribution and use in source and binary forms
licensed under the apache license
licensed under the mit license
licensed under the creative commons
this work is licensed under
cette œuvre est mise à disposition
sous licence creative commons
this email and any attachments
this e-mail and any attachments
this message and any attachments
this email is confidential
this message is confidential
this message is intended only for
intended solely for the
intended only for the use of
if you are not the intended recipient
if you have received this email in error
if you have received this message in error
if you received this email in error
ce message et ses pièces jointes
ce message et toutes les pièces jointes
ce courriel et ses pièces jointes
si vous n'êtes pas le destinataire
si vous avez reçu ce message par erreur
si vous avez reçu ce courriel par erreur
this site uses cookies
this website uses cookies
we use cookies to
uses cookies to improve
accept all cookies
by continuing to use this site
by continuing to browse
ce site utilise des cookies
nous utilisons des cookies
accepter tous les cookies
en poursuivant votre navigation
mentions légales
this page was moved
this page has moved
this page has been moved
page you are looking for
page you requested
page not found
you will be redirected
cette page a été déplacée
cette page a déménagé
la page que vous recherchez
la page demandée
vous allez être redirigé
click here to unsubscribe
to unsubscribe from this
to unsubscribe click
to unsubscribe please
unsubscribe from this list
unsubscribe at any time
update your preferences or unsubscribe
you are receiving this email because
you received this email because
you are receiving this message because
manage your email preferences
view this email in your browser
pour vous désabonner
pour vous désinscrire
pour se désabonner
se désabonner cliquez
vous désabonner de cette liste
vous recevez cet email car
vous recevez ce courriel car
vous recevez ce message car
vous recevez cet e-mail parce que
afficher dans le navigateur
voir ce message dans votre navigateur
please consider the environment before printing
pensez à l'environnement avant d'imprimer
n'imprimez ce message que si
terms of service and privacy policy
terms and conditions apply
terms of use and privacy
privacy policy and terms
conditions générales de vente
politique de confidentialité
lorem ipsum dolor sit amet
`

const adverts = `
my referral link
my recruitment link
my affiliate link
my referral code
use my promo code
use my code
lien de parrainage
code de parrainage
code promo
buy now and
order now and
limited time offer
offre limitée
best price guaranteed
lowest price guaranteed
earn money from home
earn money online
make money online
make money fast
gagner de l'argent facilement
gagnez de l'argent
work from home and earn
double your money
double your bitcoin
guaranteed returns
rendement garanti
risk free investment
click here to buy
click here to order
click the link in my bio
visit our online shop
visit our online store
call us now
whatsapp us
contactez nous sur whatsapp
message me on whatsapp
payday loans
online casino
casino en ligne
cheap viagra
buy followers
acheter des abonnés
best seo services
we offer the best
dm me to earn
get rich
devenir riche
prêt entre particuliers
prêt d'argent rapide
free gift card
carte cadeau gratuite
congratulations you have won
félicitations vous avez gagné
`
