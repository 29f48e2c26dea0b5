package main

import (
	"slices"
	"strings"
)

// A corpus is what is known of one language: sentences by source, and lists of
// words by how often they are used.
type corpus struct {
	texts []lines
	lists [][]string
}

type lines struct {
	source string
	lines  []string
	weight float64
}

// corpora holds a corpus for each language, by its code.
type corpora map[string]*corpus

func (c corpora) of(lang string) *corpus {
	if c[lang] == nil {
		c[lang] = &corpus{}
	}
	return c[lang]
}

// addText adds lines in a language, each once.
func (c corpora) addText(lang, source string, all []string) {
	seen := make(map[string]bool, len(all))
	kept := all[:0:0]
	bytes := 0
	for _, l := range all {
		l = strings.TrimSpace(l)
		if len(l) < 3 || seen[l] {
			continue
		}
		seen[l] = true
		kept = append(kept, l)
		bytes += len(l)
	}
	if len(kept) == 0 {
		return
	}
	co := c.of(lang)
	i := slices.IndexFunc(co.texts, func(t lines) bool { return t.source == source })
	if i < 0 {
		co.texts = append(co.texts, lines{source: source})
		i = len(co.texts) - 1
	}
	t := &co.texts[i]
	t.lines = append(t.lines, kept...)
	t.weight += float64(bytes)
}

// addList adds words, the commonest first.
func (c corpora) addList(lang string, words []string) {
	kept := words[:0:0]
	for _, w := range words {
		if !slices.Contains(wikiWords, w) && len(w) > 1 {
			kept = append(kept, w)
		}
	}
	c.of(lang).lists = append(c.of(lang).lists, kept)
}

// wikiWords come from the frame of a page and not from its text.
var wikiWords = []string{"id", "title", "url", "curid", "doc", "https", "http", "org", "wikipedia", "wiki", "www", "com"}

// notOf removes from a language's lines those that another has too: strings
// that nobody has translated yet.
func notOf(all, other []string) []string {
	have := make(map[string]bool, len(other))
	for _, l := range other {
		have[l] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(l string) bool { return have[l] })
}

// codes maps the names that sources give to languages and countries to the
// ones used here; a language that is absent goes by its own name.
var codes = map[string]string{
	"en-GB": "en", "en_EN": "en", "en_US": "en", "de_DE": "de", "es-419": "es", "pt-BR": "pt", "pt_BR": "pt", "pt-br": "pt",
	"nl-be": "nl", "es-es": "es", "eng": "en", "fra": "fr", "deu_1996": "de", "deu_1901": "de", "spa": "es", "ita": "it",
	"por_PT": "pt", "por_BR": "pt", "nld": "nl", "swe": "sv", "pol": "pl", "dan": "da", "nob": "nb", "nno": "nn", "cat": "ca",
	"ron_2006": "ro", "glg": "gl", "ces": "cs", "slk": "sk", "fin": "fi", "hun": "hu", "tur": "tr", "hrv": "hr", "slv": "sl",
	"lit": "lt", "lav": "lv", "est": "et", "isl": "is", "afr": "af", "eus": "eu", "ind": "id", "vie": "vi", "cym": "cy",
	"sr-Latn": "sr", "srp_latn": "sr", "bos_latn": "bs", "ltz": "lb", "fry": "fy", "gle": "ga", "epo": "eo",
}

// family is the lane of each language; those that are absent are in the last.
var family = map[string]int{
	"en": 0, "fr": 1, "de": 2, "es": 3,
	"it": 4, "pt": 4, "ca": 4, "ro": 4, "gl": 4,
	"nl": 5, "sv": 5, "da": 5, "nb": 5, "nn": 5, "is": 5, "af": 5, "fy": 5, "lb": 5,
	"pl": 6, "cs": 6, "sk": 6, "hr": 6, "bs": 6, "sl": 6, "sr": 6, "lt": 6, "lv": 6,
}

const lastLane = 7

func lane(lang string) int {
	if l, ok := family[lang]; ok {
		return l
	}
	return lastLane
}

// rank says how often other languages are seen, beside 1 for most.
var rank = map[string]int{"it": 8, "pt": 8, "nl": 8, "sv": 6, "pl": 5, "da": 3, "nb": 3, "ca": 5, "ro": 4, "gl": 3, "cs": 3, "fi": 3, "hu": 3, "tr": 3, "world": 6}
