package trainbase

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestFormats(t *testing.T) {
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	for _, f := range [][2]string{{"x/b.txt", "Second " + strings.Repeat("b", 90)}, {"x/README.txt", strings.Repeat("r", 90)}, {"x/a.txt", "First \x93" + strings.Repeat("a", 90)}, {"x/c.xml", "<c/>"}} {
		e, err := w.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a, b := "First '"+strings.Repeat("a", 90), "Second "+strings.Repeat("b", 90)
	x := strings.Repeat("x", 50)
	for _, c := range []struct {
		what string
		s    Source
		data string
		want []string
	}{
		{"paragraphs until there are enough characters", Source{Format: "plain"}, x + "\r\n\r\n " + x + "  y\n\n" + x + x + "\n\ntoo short", []string{x + "\n" + x + " y", x + x}},
		{"an archive's texts by name", Source{Format: "zip"}, z.String(), []string{a, b}},
		{"some of an archive's texts", Source{Format: "zip", Entries: []string{"b.txt"}}, z.String(), []string{b}},
		{"parts between lines", Source{Format: "parts"}, "post · member\nOne.\n---\npost · member\nTwo -- or three.\n", []string{"post · member\nOne.", "post · member\nTwo -- or three."}},
		{"O*NET", Source{Format: "onet"}, "O*NET-SOC Code\tTitle\tDescription\n11-1\tMillers\t\"Grind corn. Sweep.\"\n", []string{"Millers\nGrind corn. Sweep."}},
		{"ROME", Source{Format: "rome"}, "\"code_rome\",\"n\",\"libelle_texte\"\n\"A1\",\"0\",\"Réalise l''essentiel.\"\n\"B2\",\"0\",\"Vend.\"\n\"A1\",\"1\",\"Range.\"\n", []string{"Réalise l'essentiel.\nRange.", "Vend."}},
		{"nothing", Source{Format: "rome"}, "", nil},
	} {
		got, err := formats[c.s.Format](c.s, []byte(c.data), 100)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v, want %q", c.what, got, err, c.want)
		}
	}
	for what, c := range map[string]struct{ format, data string }{
		"no archive":           {"zip", "not a zip"},
		"another table":        {"onet", "a\tb\n1\t2\n"},
		"a broken quotation":   {"onet", "a\tb\tc\n\"1\t2\n"},
		"columns of something": {"rome", "code,text\n1,2\n"},
	} {
		if got, err := formats[c.format](Source{}, []byte(c.data), 100); err == nil {
			t.Errorf("%s: %q", what, got)
		}
	}
}
