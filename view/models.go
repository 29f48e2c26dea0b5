package view

import (
	"sync"

	"licet/view/langid"
	"licet/view/redact"
	"licet/view/redact/person"
)

// models are what the binary has learned of names and languages, read once for
// all views of a process.
var models = sync.OnceValues(func() (m struct {
	person *person.Model
	langid *langid.Model
}, err error,
) {
	if m.person, err = person.Load(); err == nil {
		m.langid, err = langid.Load()
	}
	return m, err
})

// Persons finds names of people whom no directory knows; it is the Persons of a
// redact.Context.
func Persons() (func(text string, taken []redact.Span) []redact.Span, error) {
	m, err := models()
	if err != nil {
		return nil, err
	}
	return func(text string, _ []redact.Span) []redact.Span {
		found := m.person.Find(text)
		out := make([]redact.Span, len(found))
		for i, f := range found {
			out[i] = redact.Span{Start: f[0], End: f[1], Label: redact.LabelName}
		}
		return out
	}, nil
}

// language says which language a text is in: what the words say, and where they
// don't, what the platform says of it.
func (v *View) language(text, stated string) string {
	switch lang, _ := v.langid.Detect(text); lang {
	case langid.Undetermined, langid.Other:
		return stated
	case langid.English, langid.French, langid.German, langid.Spanish:
		return string(lang)
	}
	return stated
}
