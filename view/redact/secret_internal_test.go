package redact

import (
	"crypto/sha1" //nolint:gosec // what git names things by
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"github.com/zricethezav/gitleaks/v8/config"
)

// write writes a text that re matches.
func write(re *syntax.Regexp, r *rand.Rand, b *strings.Builder) {
	times := func(least, most int) {
		if most < 0 || most > least+4 {
			most = least + 4
		}
		for range least + r.IntN(most-least+1) {
			write(re.Sub[0], r, b)
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		var all []rune
		for i := 0; i < len(re.Rune); i += 2 {
			for c := max(re.Rune[i], ' '); c <= min(re.Rune[i+1], '~'); c++ {
				all = append(all, c)
			}
		}
		if len(all) == 0 { // only blanks that can't be seen
			all = []rune{'\n'}
		}
		b.WriteRune(all[r.IntN(len(all))])
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('.')
	case syntax.OpCapture:
		write(re.Sub[0], r, b)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			write(sub, r, b)
		}
	case syntax.OpAlternate:
		var can []*syntax.Regexp
		for _, sub := range re.Sub {
			if sub.Op != syntax.OpEndText && sub.Op != syntax.OpBeginText && sub.Op != syntax.OpWordBoundary {
				can = append(can, sub)
			}
		}
		write(can[r.IntN(len(can))], r, b)
	case syntax.OpStar:
		times(0, -1)
	case syntax.OpPlus:
		times(1, -1)
	case syntax.OpQuest:
		times(0, 1)
	case syntax.OpRepeat:
		times(re.Min, re.Max)
	default: // a place, not a letter
	}
}

// sample writes a text with a secret of a rule, and tells which part is it. The
// rule itself may say that what was written is none.
func sample(t *testing.T, set *ruleSet, r *rule, expr string, rnd *rand.Rand) (text, secret string) {
	t.Helper()
	parsed, err := syntax.Parse(strings.Replace(expr, lead, "", 1), syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		var b strings.Builder
		write(parsed, rnd, &b)
		m := r.regex().FindStringSubmatchIndex(b.String())
		if m == nil {
			continue
		}
		from, to := secretOf(r, m)
		secret = b.String()[from:to]
		if (&scan{}).keep(set, r, secret, b.String()[m[0]:m[1]]) {
			return b.String(), secret
		}
	}
	return "", ""
}

// named tells whether text has a keyword of a rule.
func named(set *ruleSet, rule uint16, text string) bool {
	for _, k := range set.keywords {
		if slices.Contains(k.rules, rule) && strings.Contains(lower(text), k.word) {
			return true
		}
	}
	return false
}

func wordOf(set *ruleSet, rule uint16) string {
	for _, k := range set.keywords {
		if slices.Contains(k.rules, rule) {
			return k.word
		}
	}
	return ""
}

func TestEveryKindOfSecretIsFound(t *testing.T) {
	set, err := readRules(config.DefaultConfig)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	rnd := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's samples
	for i := range set.rules {
		r := &set.rules[i]
		text, secret := sample(t, set, r, r.expr, rnd)
		if secret == "" {
			t.Logf("%s: no sample", r.id)
			continue
		}
		kinds++
		if !named(set, uint16(i), text) { // what gives the secret its name stands before it
			text = wordOf(set, uint16(i)) + " " + text
		}
		for where, in := range map[string]string{
			"prose":         "I pasted this in the channel by mistake: " + text + " and nobody said a word.",
			"code":          "func main() {\n\tclient.Use(\"" + text + "\")\n}",
			"configuration": "[main]\nvalue = " + text + "\nretries = 3\n",
		} {
			if strings.Contains(text, "\"") && where == "code" || strings.HasPrefix(r.id, "kubernetes") && where != "configuration" {
				continue
			}
			if got, _ := Text(in, Context{}); strings.Contains(got, secret) {
				t.Errorf("%s in %s: the secret stays: %q", r.id, where, got)
			}
		}
	}
	t.Logf("%d kinds", kinds)
	if kinds < 200 {
		t.Errorf("%d kinds of %d have a sample, want 200", kinds, len(set.rules))
	}
}

func TestWhatOnlyLooksLikeASecretStays(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a test's samples
	random := func(n int) []byte {
		out := make([]byte, n)
		for i := range out {
			out[i] = byte(rnd.Uint32())
		}
		return out
	}
	for i := range 600 {
		sum1, sum256 := sha1.Sum(random(8)), sha256.Sum256(random(8)) //nolint:gosec // what git names things by
		u := random(16)
		uuid := fmt.Sprintf("%x-%x-4%x-a%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
		uuid = uuid[:14] + uuid[14:17] + uuid[18:22] + uuid[23:]
		for _, text := range []string{
			"Fixed in commit " + hex.EncodeToString(sum1[:]) + ", thanks.",
			"git show " + hex.EncodeToString(sum1[:4]),
			"sha256:" + hex.EncodeToString(sum256[:]) + "  licet.tar.gz",
			"The run " + uuid + " is done.",
			fmt.Sprintf("Pump model QX%d-%04d/B, part %05d", i%90+10, rnd.IntN(10000), rnd.IntN(100000)),
			"<img src=\"data:image/png;base64," + base64.StdEncoding.EncodeToString(random(90)) + "\">",
			"go.sum h1:" + base64.StdEncoding.EncodeToString(sum256[:]),
			"Contact the author of chapter " + fmt.Sprint(i) + " about access to the keyboard.",
		} {
			for _, s := range Find(text, Context{}) {
				if s.Label == LabelSecret {
					t.Errorf("%q is taken for a secret in %q", text[s.Start:s.End], text)
				}
			}
		}
	}
}
