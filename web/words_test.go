package web_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"licet"
	"licet/policy"
	"licet/view"
	"licet/view/own"
	"licet/view/quality"
)

func keys(t *testing.T, lang string) map[string]any {
	t.Helper()
	data, err := os.ReadFile("locales/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEveryWordIsThere: both languages have the same keys, and every key that a
// page can ask for is there.
func TestEveryWordIsThere(t *testing.T) {
	en, fr := keys(t, "en"), keys(t, "fr")
	for k := range en {
		if fr[k] == nil {
			t.Errorf("fr lacks %q", k)
		}
	}
	for k := range fr {
		if en[k] == nil {
			t.Errorf("en lacks %q", k)
		}
	}
	want := []string{
		"reason_" + licet.RuleDefaultDeny, "reason_" + view.ReasonAfterFreeze, "reason_" + view.ReasonAssistant, "reason_" + view.ReasonEmpty,
		"reason_" + view.ReasonPlaceholder, "reason_" + view.ReasonRepost, "reason_" + view.ReasonUnknownMember,
	}
	want = append(want, "reason_"+own.TooLong)
	for _, r := range quality.Reasons() {
		want = append(want, "reason_"+string(r))
	}
	for _, k := range licet.Kinds() {
		want = append(want, "kind_"+string(k))
	}
	p, err := policy.Load("linkedin-2025")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Regimes() {
		want = append(want, "regime_"+r.ID, "basis_"+r.Basis, "silence_"+string(r.Silence))
		for _, lang := range []string{"en", "fr"} {
			if r.Why[lang] == "" {
				t.Errorf("regime %s does not say why in %s", r.ID, lang)
			}
		}
	}
	rules, err := os.ReadFile("../policy/presets/linkedin-2025.cedar")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`@id\("([^"]+)"\)\s*forbid`).FindAllStringSubmatch(string(rules), -1) {
		want = append(want, "reason_"+m[1])
	}
	templates, err := os.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range templates {
		data, err := os.ReadFile("templates/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\{\{-?\s*(?:else\}\})?[tn] "([^"]+)"`).FindAllStringSubmatch(string(data), -1) {
			want = append(want, m[1])
		}
	}
	for _, source := range []string{"privacy.go", "chat.go", "page.go", "api.go", "signin.go"} {
		data, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`say\("([^"+]+[^_])"\)`).FindAllStringSubmatch(string(data), -1) {
			want = append(want, m[1])
		}
	}
	for _, k := range want {
		if en[k] == nil {
			t.Errorf("no text for %q", k)
		}
	}
	if len(want) < 80 {
		t.Errorf("only %d keys were looked for", len(want))
	}
}
