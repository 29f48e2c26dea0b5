// Package match suggests people worth knowing, with the reasons that moved the
// score, from records that their authors permit to be used for it.
package match

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"licet"
)

// A ReasonKind says what two people share.
type ReasonKind string

// What people can share.
const (
	SharedSkill    ReasonKind = "skill"
	SharedEmployer ReasonKind = "employer"
	SharedTopic    ReasonKind = "topic"
)

// A Reason is one thing that two people share, and what it added to the score.
type Reason struct {
	Kind   ReasonKind `json:"kind"`
	What   string     `json:"what"`
	Weight float64    `json:"weight"`
}

// A Suggestion is somebody worth knowing. Score is the sum of the weights of
// its reasons: nothing else moves it.
type Suggestion struct {
	Member  licet.MemberID `json:"member"`
	Score   float64        `json:"score"`
	Reasons []Reason       `json:"reasons"`
}

// How much one shared thing counts beside another, before rarity.
const (
	skillWeight    = 2
	employerWeight = 3
	topicWeight    = 0.5
	mostTopics     = 4 // reasons of one suggestion
	topicLetters   = 6 // shorter words are rarely a topic
	topicShare     = 0.2
)

type trait struct {
	kind ReasonKind
	what string
}

// People returns at most limit members who share most with asker, best first;
// none when asker has no permitted passage. A thing that fewer people have
// counts more: its weight is multiplied by ln(1 + members/holders).
func People(asker licet.MemberID, passages []licet.Passage, limit int) []Suggestion {
	traits, holders := index(passages)
	mine, ok := traits[asker]
	if !ok {
		return nil
	}
	var out []Suggestion
	for _, m := range slices.Sorted(maps.Keys(traits)) {
		if m == asker {
			continue
		}
		if s := compare(m, mine, traits[m], holders, len(traits)); len(s.Reasons) > 0 {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Suggestion) int { return cmp.Compare(b.Score, a.Score) })
	return out[:min(limit, len(out))]
}

// index returns what each member has, with the words as first written, and how
// many members have each thing.
func index(passages []licet.Passage) (traits map[licet.MemberID]map[trait]string, holders map[trait]int) {
	traits, holders = map[licet.MemberID]map[trait]string{}, map[trait]int{}
	add := func(m licet.MemberID, kind ReasonKind, what string) {
		t := trait{kind, fold(what)}
		if t.what == "" {
			return
		}
		if _, ok := traits[m][t]; !ok {
			holders[t]++
			traits[m][t] = what
		}
	}
	for _, p := range passages {
		if traits[p.Member] == nil {
			traits[p.Member] = map[trait]string{}
		}
		switch p.Kind {
		case licet.KindSkill:
			add(p.Member, SharedSkill, p.Text)
		case licet.KindPosition, licet.KindExperience:
			add(p.Member, SharedEmployer, p.Employer)
		case licet.KindPost, licet.KindComment, licet.KindAbout, licet.KindHeadline:
			for _, w := range words(p.Text) {
				add(p.Member, SharedTopic, w)
			}
		case licet.KindName, licet.KindPhoto, licet.KindEducation, licet.KindRecommendation, licet.KindPrivateMessage,
			licet.KindGroupMessage, licet.KindJobOffer, licet.KindApplication, licet.KindCredential, licet.KindPaymentMethod, licet.KindSalary:
			// Nothing in these is a reason to meet.
		}
	}
	return traits, holders
}

func compare(m licet.MemberID, mine, theirs map[trait]string, holders map[trait]int, members int) Suggestion {
	s := Suggestion{Member: m}
	for t := range theirs {
		if _, ok := mine[t]; !ok {
			continue
		}
		if t.kind == SharedTopic && (holders[t] > max(2, int(topicShare*float64(members)))) {
			continue // everybody's word is nobody's topic
		}
		weight := map[ReasonKind]float64{SharedSkill: skillWeight, SharedEmployer: employerWeight, SharedTopic: topicWeight}[t.kind]
		weight *= math.Log(1 + float64(members)/float64(holders[t]))
		s.Reasons = append(s.Reasons, Reason{t.kind, theirs[t], math.Round(weight*1000) / 1000})
	}
	slices.SortFunc(s.Reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.What, b.What))
	})
	topics := 0
	s.Reasons = slices.DeleteFunc(s.Reasons, func(r Reason) bool {
		if r.Kind == SharedTopic {
			topics++
		}
		return r.Kind == SharedTopic && topics > mostTopics
	})
	for _, r := range s.Reasons {
		s.Score += r.Weight
	}
	return s
}

// words returns the longer words of text, without what redaction put in.
func words(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && r != '[' && r != ']' && r != '-' }) {
		if !strings.ContainsAny(w, "[]") && len([]rune(w)) >= topicLetters {
			out = append(out, strings.ToLower(w))
		}
	}
	return out
}

func fold(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }
