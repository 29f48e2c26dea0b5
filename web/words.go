package web

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// languages are those that the pages are written in; the first is for everybody else.
var languages = []string{"en", "fr"}

// words are the texts of the pages, in every language.
type words struct {
	bundle *i18n.Bundle
	match  language.Matcher
}

func newWords() (*words, error) {
	w := &words{bundle: i18n.NewBundle(language.English)}
	w.bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	var tags []language.Tag
	for _, l := range languages {
		if _, err := w.bundle.LoadMessageFileFS(files, "locales/"+l+".json"); err != nil {
			return nil, fmt.Errorf("the texts of the pages: %w", err)
		}
		tags = append(tags, language.MustParse(l))
	}
	w.match = language.NewMatcher(tags)
	return w, nil
}

// choose returns the language of an answer: what the person picked on a page,
// or what the browser asks for.
func (w *words) choose(r *http.Request) string {
	wishes := []string{r.URL.Query().Get("lang")}
	if c, err := r.Cookie("lang"); err == nil {
		wishes = append(wishes, c.Value)
	}
	_, i := language.MatchStrings(w.match, append(wishes, r.Header.Get("Accept-Language"))...)
	return languages[i]
}

func (w *words) in(lang string) *speaker {
	return &speaker{lang, i18n.NewLocalizer(w.bundle, lang)}
}

// A speaker speaks one language.
type speaker struct {
	lang string
	l    *i18n.Localizer
}

// functions are what templates call: t KEY [NAME VALUE …], n KEY COUNT, date DATE.
func (s *speaker) functions() template.FuncMap {
	return template.FuncMap{"t": s.say, "n": s.count, "date": s.date, "lang": func() string { return s.lang }}
}

// say returns the text of a key. A key without a text is a mistake of ours: it
// is shown as it is, and TestEveryWordIsThere finds it.
func (s *speaker) say(key string, pairs ...any) string {
	data := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		data[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	text, err := s.l.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data})
	if err != nil {
		return key
	}
	return text
}

func (s *speaker) count(key string, n int) string {
	text, err := s.l.Localize(&i18n.LocalizeConfig{MessageID: key, PluralCount: n, TemplateData: map[string]any{"N": n}})
	if err != nil {
		return key
	}
	return text
}

// date writes a day as people do: 2 March 2026, 2 mars 2026, 1er mars 2026.
func (s *speaker) date(t time.Time) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = s.say("first_of_month")
	}
	return day + " " + s.say("month_"+strconv.Itoa(int(t.Month()))) + " " + strconv.Itoa(t.Year())
}
