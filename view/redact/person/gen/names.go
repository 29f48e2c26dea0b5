package main

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"sort"
	"strings"

	"licet/view/redact/person/tagger"
)

// A locale is the names of one place, as they are written there, in Latin letters.
type locale struct {
	code          string
	given, family []string
}

// evidence is what the name lists say of one folded word.
type evidence struct{ given, family int }

// names is everything that the name lists hold.
type names struct {
	locales []locale
	words   map[string]*evidence
}

func (n *names) note(name string, given, family int) {
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" -'’.", r) }) {
		f := tagger.Fold(w)
		if len(f) < 2 || len(f) > 40 || strings.Contains(f, "?") {
			continue
		}
		e := n.words[f]
		if e == nil {
			e = &evidence{}
			n.words[f] = e
		}
		e.given += given
		e.family += family
	}
}

func readNames(dir string) (*names, error) {
	n := &names{words: map[string]*evidence{}}
	for _, read := range []func(string, *names) error{readFaker, readMimesis, readCensus, readPeople} {
		if err := read(dir, n); err != nil {
			return nil, err
		}
	}
	return n, nil
}

var (
	block  = regexp.MustCompile(`(?m)^    (\w*(?:first|last|middle|surname|patronymic)\w*)[^=\n]*= *(?:OrderedDict\()?[([{]`)
	quoted = regexp.MustCompile(`"([^"\n]*)"|'([^'\n]*)'`)
	ending = regexp.MustCompile(`(?m)^    [)\]}]`)
	latin  = regexp.MustCompile(`^\p{Lu}[\p{Latin}\p{M}' ’.-]*$`)
)

// readFaker reads the lists of given and family names of every locale: tuples,
// lists and dictionaries assigned to names that say which they are.
func readFaker(dir string, n *names) error {
	files, err := faker.open(dir, func(name string) bool {
		return strings.HasPrefix(name, "faker/providers/person/") && strings.HasSuffix(name, "__init__.py")
	})
	if err != nil {
		return err
	}
	for _, f := range files {
		l := locale{code: path.Base(path.Dir(f.name))}
		text := string(f.data)
		for _, at := range block.FindAllStringSubmatchIndex(text, -1) {
			body := text[at[1]:]
			if end := ending.FindStringIndex(body); end != nil {
				body = body[:end[0]]
			}
			var list []string
			for _, q := range quoted.FindAllStringSubmatch(body, -1) {
				if s := q[1] + q[2]; latin.MatchString(s) {
					list = append(list, s)
				}
			}
			if key := text[at[2]:at[3]]; strings.Contains(key, "first") || strings.Contains(key, "middle") {
				l.given = append(l.given, list...)
			} else {
				l.family = append(l.family, list...)
			}
		}
		n.add(l, l.code != "person")
	}
	return nil
}

// add takes a locale in, once a name; keep says whether people are made of it.
func (n *names) add(l locale, keep bool) {
	l.given, l.family = unique(l.given), unique(l.family)
	for _, s := range l.given {
		n.note(s, 1, 0)
	}
	for _, s := range l.family {
		n.note(s, 0, 1)
	}
	if keep && len(l.given) > 15 && len(l.family) > 9 {
		n.locales = append(n.locales, l)
	}
}

func unique(list []string) []string {
	sort.Strings(list)
	out := list[:0]
	for i, s := range list {
		if i == 0 || s != list[i-1] {
			out = append(out, s)
		}
	}
	return out
}

func readMimesis(dir string, n *names) error {
	files, err := mimesis.open(dir, func(name string) bool { return strings.HasSuffix(name, "/person.json") })
	if err != nil {
		return err
	}
	for _, f := range files {
		var d struct{ Names, Surnames any }
		if err := json.Unmarshal(f.data, &d); err != nil {
			return fmt.Errorf("read %s: %w", f.name, err)
		}
		l := locale{code: path.Base(path.Dir(f.name)), given: strs(d.Names), family: strs(d.Surnames)}
		n.add(l, true)
	}
	return nil
}

// strs returns the Latin strings anywhere in x, in the order of its sorted keys.
func strs(x any) []string {
	switch x := x.(type) {
	case string:
		if latin.MatchString(x) {
			return []string{x}
		}
	case []any:
		var out []string
		for _, y := range x {
			out = append(out, strs(y)...)
		}
		return out
	case map[string]any:
		var out []string
		for _, k := range sortedKeys(x) {
			out = append(out, strs(x[k])...)
		}
		return out
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// readCensus reads the United States' census of 1990: a name, its share in
// percent, the running share and its rank on each line.
func readCensus(dir string, n *names) error {
	files, err := census.open(dir, func(name string) bool { return strings.Contains(name, "/names/dist.") })
	if err != nil {
		return err
	}
	for _, f := range files {
		family := strings.HasSuffix(f.name, "last")
		for line := range strings.Lines(string(f.data)) {
			var name string
			var share, running float64
			if _, err := fmt.Sscan(line, &name, &share, &running); err != nil {
				return fmt.Errorf("read %s: %w", f.name, err)
			}
			points := 1
			switch {
			case share >= 0.05:
				points = 4
			case share >= 0.01:
				points = 3
			case share >= 0.003:
				points = 2
			}
			if family {
				n.note(name, 0, points)
			} else {
				n.note(name, points, 0)
			}
		}
	}
	return nil
}

// readPeople reads names of which nobody says whether they are given or family
// names; they count only where no other list has the word.
func readPeople(dir string, n *names) error {
	files, err := people.open(dir, func(name string) bool { return strings.HasSuffix(name, "dict/people-names.txt") })
	if err != nil {
		return err
	}
	for _, f := range files {
		for line := range strings.Lines(string(f.data)) {
			line = strings.TrimSpace(line)
			if !latin.MatchString(line) {
				continue
			}
			if n.words[tagger.Fold(line)] == nil {
				n.note(line, 1, 1)
			}
		}
	}
	return nil
}
