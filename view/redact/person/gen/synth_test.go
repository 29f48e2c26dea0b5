package main

import (
	"reflect"
	"strings"
	"testing"
)

// tiny is a writer over a handful of names.
func tiny(t *testing.T) *writer {
	t.Helper()
	n := &names{words: map[string]*evidence{}, locales: []locale{
		{code: "fr_FR", given: []string{"Anna", "Élodie"}, family: []string{"Morvan", "Kerbrat"}},
		{code: "sv_SE", given: []string{"Åsa", "Nils"}, family: []string{"Lindholm", "Holte"}},
	}}
	u := &usage{words: map[string]*use{}, total: [2]int{1_000_000, 1_000_000}}
	for _, w := range []string{"window", "garden", "lemon", "paper"} {
		u.words[w] = &use{small: [2]int{20, 1}}
	}
	g := &gazetteer{towns: []town{{"Nantes", "FR", 300000}, {"Oslo", "NO", 600000}}, firms: []string{"Fjellbank"}, dictionary: map[string]bool{}}
	w, err := newWriter(n, u, g, 1)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestEverySlotCanBeFilled writes every template, and holds the names to where they are said to be.
func TestEverySlotCanBeFilled(t *testing.T) {
	w := tiny(t)
	for _, set := range sortedKeys(w.sets) {
		for _, template := range w.sets[set] {
			for range 5 {
				var f filled
				w.write(&f, template, set == "fr", 0)
				text := f.b.String()
				if strings.ContainsAny(text, "{}") {
					t.Errorf("%s: %q leaves a slot: %q", set, template, text)
				}
				for _, n := range f.names {
					if s := text[n[0]:n[1]]; s == "" || strings.TrimSpace(s) != s {
						t.Errorf("%s: %q has the name %q", set, template, s)
					}
				}
			}
		}
	}
}

// TestTheSameSeedWritesTheSame is why the model can be made again.
func TestTheSameSeedWritesTheSame(t *testing.T) {
	a, b := tiny(t), tiny(t)
	for _, set := range []string{"en", "fr", "chat", "any"} {
		for range 300 {
			if x, y := a.example(set), b.example(set); !reflect.DeepEqual(x, y) {
				t.Fatalf("%s: got %q and %q", set, x.Text, y.Text)
			}
		}
	}
}

func TestSpacingAndCaseKeepTheNames(t *testing.T) {
	w := tiny(t)
	for range 2000 {
		x := w.example("chat")
		for _, n := range x.Names {
			if s := x.Text[n[0]:n[1]]; strings.TrimSpace(s) != s || s == "" {
				t.Fatalf("%q has the name %q", x.Text, s)
			}
		}
	}
}
