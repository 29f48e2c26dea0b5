package tagger

import (
	_ "embed"
	"fmt"
	"strings"
)

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
	classes
)

var classNames = [classes]string{
	"plain", "honorific", "role", "month", "day", "people", "legal", "body", "ground", "kin", "speech", "greeting", "closing", "particle", "suffix", "called",
	"pronoun", "work", "object", "prep", "verb", "join", "article", "auxiliary", "chatter", "little",
}

//go:embed classes.txt
var classWords string

// Classes returns the class of every word of the closed lists, by its folded letters.
func Classes() (map[string]Class, error) {
	byName := map[string]Class{}
	for c, name := range classNames {
		byName[name] = Class(c) //nolint:gosec // fewer than 32
	}
	m := map[string]Class{}
	for line := range strings.Lines(classWords) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, words, _ := strings.Cut(line, ":")
		c, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("read the classes: %q is none: %w", name, errModel)
		}
		for w := range strings.FieldsSeq(words) {
			if f := Fold(w); m[f] == Plain {
				m[f] = c
			}
		}
	}
	return m, nil
}
