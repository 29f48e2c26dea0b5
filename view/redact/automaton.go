package redact

import (
	"slices"
	"strings"
	"sync"
)

// An automaton finds every cue and every keyword of a text in one pass (Aho and
// Corasick 1975), without case for ASCII. One byte costs one look into a table.
type automaton struct {
	class [256]uint8 // of a byte: its column
	width int        // columns
	next  []uint16   // [state][column]
	heard [][]cue    // what ends in a state; most are empty
	loud  []bool     // whether anything does
}

// A cue is a word that makes a recogniser look.
type cue struct {
	word  string // in small letters
	kind  cueKind
	rules []uint16 // of a keyword: the rules that it stands in
}

type cueKind uint8

const (
	cueNone    cueKind = iota
	cueKeyword         // of a secret's rule
	cuePassword
	cueSalary
	cueBirth
	cueWWW
	cueSpoken // " dot ", "(at)": an address in words
	cueMilitary
	cueBox
	cueCorner
	cueStreet
	cueCode
	cueAnswer
	cueLogin
	cueFile
	cueEntry
	cuePair
	cueKin
)

// cues are the words that the recognisers wait for.
var cues = map[cueKind][]string{
	cuePassword: passwordWords,
	cueSalary:   salaryWords,
	cueBirth:    birthWords,
	cueWWW:      {"www."},
	cueSpoken:   spokenWords,
	cueMilitary: {"apo a", "fpo a", "dpo a"},
	cueBox:      boxWords,
	cueCorner:   {"corner of "},
	cueStreet:   streetCues,
	cueCode:     codeWords,
	cueAnswer:   answerWords,
	cueLogin:    loginWords,
	cueFile:     fileWords,
	cueEntry:    entryWords,
	cuePair:     pairWords,
	cueKin:      kinWords,
}

// machine is built once: it is a constant that is too long to write down.
var machine = sync.OnceValue(func() *automaton {
	var all []cue
	for kind := cuePassword; kind <= cueKin; kind++ {
		for _, w := range cues[kind] {
			all = append(all, cue{word: w, kind: kind})
			if upper := strings.ToUpper(w); lower(upper) != lower(w) { // letters beyond ASCII have two forms
				all = append(all, cue{word: lower(upper), kind: kind})
			}
		}
	}
	for _, k := range secretRules().keywords {
		all = append(all, cue{word: k.word, kind: cueKeyword, rules: k.rules})
	}
	return newAutomaton(all)
})

// beginsWith tells whether lower(s) begins with word, which is lower.
func beginsWith(s, word string) bool {
	if len(s) < len(word) {
		return false
	}
	for i := range len(word) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// lower is strings.ToLower for ASCII alone: lengths stay.
func lower(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if c := b[i]; c >= 'A' && c <= 'Z' {
					b[i] = c + 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

func newAutomaton(all []cue) *automaton {
	a := &automaton{width: 1}
	for _, c := range all {
		for i := range len(c.word) {
			if b := c.word[i]; a.class[b] == 0 {
				a.class[b] = uint8(a.width) //nolint:gosec // fewer than 256
				a.width++
			}
		}
	}
	for b := byte('A'); b <= 'Z'; b++ {
		a.class[b] = a.class[b+'a'-'A']
	}
	a.grow()
	for _, c := range all {
		state := uint16(0)
		for i := range len(c.word) {
			at := int(state)*a.width + int(a.class[c.word[i]])
			if a.next[at] == 0 {
				a.next[at] = a.grow()
			}
			state = a.next[at]
		}
		a.heard[state] = append(a.heard[state], c)
	}
	a.link()
	return a
}

// grow adds a state.
func (a *automaton) grow() uint16 {
	a.next = append(a.next, make([]uint16, a.width)...)
	a.heard = append(a.heard, nil)
	a.loud = append(a.loud, false)
	return uint16(len(a.heard) - 1) //nolint:gosec // a few thousand
}

// link fills in where to go on from a state that has no step for a byte.
func (a *automaton) link() {
	fail := make([]uint16, len(a.heard))
	var queue []uint16
	for col := range a.width {
		if s := a.next[col]; s != 0 {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		a.heard[s] = slices.Concat(a.heard[s], a.heard[fail[s]])
		a.loud[s] = len(a.heard[s]) > 0
		for col := range a.width {
			at, back := int(s)*a.width+col, a.next[int(fail[s])*a.width+col]
			if t := a.next[at]; t != 0 {
				fail[t] = back
				queue = append(queue, t)
			} else {
				a.next[at] = back
			}
		}
	}
}
