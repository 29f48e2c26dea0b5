package person_test

import (
	"reflect"
	"testing"
)

// TestOrdinaryWordsStay: a word that people write all day is nobody where nothing around
// says so, and somebody where something does.
func TestOrdinaryWordsStay(t *testing.T) {
	m := load(t)
	for _, text := range []string{
		"Mine was late, as ever.", "[[Marc Dupont]] intervient jeudi. Son site, https://example.org, est en ligne.", "L'avocate ne plaide plus. Son assistant, lui, plaide.",
		"Nous avons changé d'hébergeur. Le nouveau site : atelier.", "Excusée : Mme [[Dupont]]. Le lot plâtrerie a neuf jours de retard.", "Âge minimum pour le poste : 18 ans.",
		"What of its immediate future? Long term?", "What have they asked about? Pages that were popular.", "What are the objectives? Do you want visitors to stay?", "How? Cross-functional, tightly-knit teams.", "Register for a seminar, Find a staff member.",
		"[[Dale]] and [[White]] were precision engineers.", "Thank you, Mr. [[White]].", "\"Never again,\" said [[Page]].", "[[Mark]] will ask questions about it.", "[[Rose]] was late.",
	} {
		plain, want := marked(text)
		if got := m.Find(plain); !reflect.DeepEqual(got, want) {
			t.Errorf("got %s, want %s", mark(plain, got), text)
		}
	}
}
