package tagger_test

import (
	"bytes"
	"testing"

	"licet/view/redact/person/tagger"
)

// small is a model that has learned one sentence, with its file.
func small(tb testing.TB) (*tagger.Model, []byte) {
	tb.Helper()
	words := []tagger.Word{
		{Text: "anna", Rec: tagger.Entry{Given: 7}.Rec()},
		{Text: "annabel", Rec: tagger.Entry{Given: 5, Family: 1}.Rec()},
		{Text: "rose", Rec: tagger.Entry{Given: 6, Common: 5, Dict: true}.Rec()},
	}
	lex := tagger.NewLexicon(len(words))
	for _, w := range words {
		lex.Add(tagger.Hash(w.Text), w.Rec)
	}
	l := tagger.NewLearner(lex, new(tagger.Grams))
	for range 20 {
		l.Learn(tagger.Example{Text: "we met Anna there", Names: [][2]int{{7, 11}}}, nil, 0)
	}
	m := l.Model(4, 0)
	var b bytes.Buffer
	if err := m.Write(&b, words); err != nil {
		tb.Fatal(err)
	}
	return m, b.Bytes()
}

func TestAModelReadsBackAsItWas(t *testing.T) {
	m, file := small(t)
	back, err := tagger.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"we met Anna there", "we met Annabel there", "a Rose"} {
		got, want := back.Find(text), m.Find(text)
		if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
	if got := back.Find("we met Anna there"); len(got) != 1 || got[0] != [2]int{7, 11} {
		t.Errorf("it has not learned its one sentence: %v", got)
	}
}

func TestCaseAndAccentsAreFolded(t *testing.T) {
	for word, want := range map[string]string{"Élodie": "elodie", "SZÖLLŐS": "szollos", "Nguyễn": "nguyen", "O'Brien": "obrien", "A\u0301nna": "anna", "Łukasz": "lukasz", "Þór": "tor", "日本": "??"} {
		if got := tagger.Fold(word); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
		if tagger.Hash(word) != tagger.Hash(want) && want != "??" {
			t.Errorf("%s and %s have different hashes", word, want)
		}
	}
}

func TestEveryListedWordHasAClass(t *testing.T) {
	m, err := tagger.Classes()
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]tagger.Class{"mme": tagger.Honorific, "gmbh": tagger.Legal, "lycee": tagger.Body, "selon": tagger.Speech, "van": tagger.Particle, "lol": tagger.Chatter} {
		if m[word] != want {
			t.Errorf("%s: got class %d, want %d", word, m[word], want)
		}
	}
}

// FuzzRead holds that no file makes the reader panic or take more than it was given room for.
func FuzzRead(f *testing.F) {
	_, file := small(f)
	f.Add([]byte("licet-person 1\n"))
	f.Add([]byte("licet-person 2\n"))
	f.Add(file[:len(file)/2])
	f.Add(file)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := tagger.Read(bytes.NewReader(raw))
		if err == nil {
			m.Find("Anna met Dr. van der Rose, J. K. Annabel and anna.")
		}
	})
}
