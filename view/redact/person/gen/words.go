package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"

	"licet/view/redact/person/tagger"
)

// use counts how ordinary text writes one folded word.
type use struct {
	small   [2]int // in small letters: English, French
	capital int    // with a capital inside a sentence
}

// usage counts words over the real texts, English and French.
type usage struct {
	words map[string]*use
	total [2]int
}

// A corpus is real text in paragraphs.
type corpus struct {
	name       string
	lang       int // 0 English, 1 French
	paragraphs []string
}

const (
	inEnglish = 0
	inFrench  = 1
)

func countWords(texts []corpus) *usage {
	u := &usage{words: map[string]*use{}}
	for _, c := range texts {
		for _, p := range c.paragraphs {
			for _, w := range tagger.Words(p, nil) {
				f := tagger.Fold(p[w.Start:w.End])
				if f == "" || strings.Contains(f, "?") || w.Shape == tagger.Number {
					continue
				}
				u.count(f, w, c.lang)
			}
		}
	}
	return u
}

func (u *usage) count(f string, w tagger.Span, lang int) {
	x := u.words[f]
	if x == nil {
		x = &use{}
		u.words[f] = x
	}
	switch {
	case w.Shape == tagger.Lower:
		x.small[lang]++
		u.total[lang]++
	case w.Before == tagger.GapSpace:
		x.capital++
	}
}

// common puts how often a word is written in small letters into 0 to 7, by the
// language that has it more.
func (u *usage) common(f string) int {
	x := u.words[f]
	if x == nil {
		return 0
	}
	best := 0
	for lang, n := range x.small {
		if n < 2 {
			continue
		}
		level := 1
		for _, perMillion := range []int{1, 4, 15, 50, 200, 1000} {
			if n*1_000_000 >= perMillion*u.total[lang] {
				level++
			}
		}
		best = max(best, level)
	}
	return best
}

// proper puts the capitalised share of a word's use into 0 to 3.
func (u *usage) proper(f string) int {
	x := u.words[f]
	if x == nil || x.capital < 2 {
		return 0
	}
	all := x.capital + x.small[0] + x.small[1]
	switch {
	case x.capital*10 >= all*9:
		return 3
	case x.capital*2 >= all:
		return 2
	case x.capital*10 >= all:
		return 1
	}
	return 0
}

var (
	frontMatter = regexp.MustCompile(`(?s)\A---\n.*?\n---\n`)
	markup      = regexp.MustCompile(`(?s)\{\{.*?\}\}|<[^>]*>|\]\([^)]*\)|&[#a-z0-9]+;|https?://\S+|[*_\[\]` + "`" + `]+`)
	blankLines  = regexp.MustCompile(`\n\s*\n`)
)

func paragraphs(text string) []string {
	var out []string
	for _, p := range blankLines.Split(text, -1) {
		if p = strings.TrimSpace(p); len(p) > 20 {
			out = append(out, p)
		}
	}
	return out
}

// readTexts reads the real texts. The digest names every byte that was read.
func readTexts(dir string) ([]corpus, string, error) {
	var all []file
	read := func(name string, want func(string) bool) []file {
		files, err := shared(dir, name, want)
		if err != nil {
			panic(err) // caught by run
		}
		all = append(all, files...)
		return files
	}
	ends := func(suffix string) func(string) bool {
		return func(s string) bool { return strings.HasSuffix(s, suffix) }
	}
	posts := corpus{name: "posts", lang: inEnglish}
	for _, f := range read("digitalgov", func(s string) bool {
		return strings.HasSuffix(s, ".md") && (strings.Contains(s, "/news/") || strings.Contains(s, "/events/"))
	}) {
		posts.paragraphs = append(posts.paragraphs, paragraphs(markup.ReplaceAllString(frontMatter.ReplaceAllString(string(f.data), ""), " "))...)
	}
	novels := corpus{name: "novels", lang: inFrench}
	for _, f := range read("eltec_fra", ends(".txt")) {
		for line := range strings.SplitSeq(string(f.data), "\n") {
			if line = strings.TrimSpace(line); len(line) > 20 {
				novels.paragraphs = append(novels.paragraphs, line)
			}
		}
	}
	speeches := corpus{name: "speeches", lang: inEnglish}
	for _, f := range read("nltk_pd", func(s string) bool {
		return strings.Contains(s, "inaugural.zip") || strings.Contains(s, "state_union.zip")
	}) {
		more, err := zipped(f)
		if err != nil {
			return nil, "", err
		}
		speeches.paragraphs = append(speeches.paragraphs, more...)
	}
	jobs := corpus{name: "jobs", lang: inEnglish}
	for _, f := range read("onet_occupations", ends("Occupation Data.txt")) {
		for line := range strings.SplitSeq(string(f.data), "\n") {
			if cells := strings.Split(line, "\t"); len(cells) > 2 {
				jobs.paragraphs = append(jobs.paragraphs, cells[1], cells[2])
			}
		}
	}
	metiers := corpus{name: "metiers", lang: inFrench}
	for _, f := range read("rome_v347", func(s string) bool {
		return strings.HasSuffix(s, "_appellation_v347_utf8.csv") || strings.HasSuffix(s, "_texte_v347_utf8.csv") || strings.HasSuffix(s, "_competence_v347_utf8.csv")
	}) {
		for line := range strings.SplitSeq(string(f.data), "\n") {
			for cell := range strings.SplitSeq(line, `"`) {
				if len(cell) > 8 && strings.Contains(cell, " ") {
					metiers.paragraphs = append(metiers.paragraphs, strings.TrimSpace(cell))
				}
			}
		}
	}
	chat := corpus{name: "chat", lang: inEnglish}
	for _, f := range read("irc_disentanglement", ends(".ascii.txt")) {
		for _, m := range said.FindAllStringSubmatch(string(f.data), -1) {
			chat.paragraphs = append(chat.paragraphs, m[1])
		}
	}
	for _, f := range read("polis", ends("comments.csv")) {
		for line := range strings.SplitSeq(string(f.data), "\n") {
			if cells := strings.SplitN(line, ",", 8); len(cells) == 8 {
				chat.paragraphs = append(chat.paragraphs, strings.Trim(cells[7], "\"\r"))
			}
		}
	}
	stories := corpus{name: "stories", lang: inEnglish}
	for _, f := range read("lume", ends(".jsonl")) {
		for line := range strings.Lines(string(f.data)) {
			var x struct{ Input, Output, Task string }
			if err := json.Unmarshal([]byte(line), &x); err != nil {
				return nil, "", fmt.Errorf("read %s: %w", f.name, err)
			}
			if x.Task == "Task1" {
				stories.paragraphs = append(stories.paragraphs, paragraphs(x.Input+" "+x.Output)...)
			}
		}
	}
	return []corpus{posts, novels, speeches, jobs, metiers, chat, stories}, digestOf(all), nil
}

// said is a message of a chat, without whom it speaks to.
var said = regexp.MustCompile(`(?m)^\[\d\d:\d\d\] <[^>]*> (?:[^\s:,]+[:,] +)?(.+)$`)

func zipped(f file) ([]string, error) {
	z, err := zip.NewReader(bytes.NewReader(f.data), int64(len(f.data)))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", f.name, err)
	}
	var out []string
	for _, x := range z.File {
		if !strings.HasSuffix(x.Name, ".txt") {
			continue
		}
		r, err := x.Open()
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", x.Name, err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", x.Name, err)
		}
		out = append(out, paragraphs(strings.ToValidUTF8(string(data), " "))...)
	}
	return out, nil
}
