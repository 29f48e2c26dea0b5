package redact

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
	"github.com/zricethezav/gitleaks/v8/config"
)

// ruleFile is the part of gitleaks' configuration that is about text.
type ruleFile struct {
	Allowlist allowFile
	Rules     []struct {
		ID          string
		Regex       string
		Path        string
		Entropy     float64
		SecretGroup int
		Keywords    []string
		Allowlists  []allowFile
	}
}

type allowFile struct {
	Condition   string
	RegexTarget string
	Regexes     []string
	StopWords   []string
	Paths       []string
}

// A rule finds one kind of secret.
type rule struct {
	id      string
	n       uint16 // its place in the set
	expr    string // as the library has it
	regex   func() *regexp.Regexp
	entropy float64 // bits a character, at least
	group   int
	allow   []allow
	// anchored: a match begins where the keyword does; bounded: and a word begins there.
	anchored, bounded bool
	// assigned: an operator of assignment follows the keyword.
	assigned bool
	// loose: the secret need not be a long run of letters and digits.
	loose bool
	// wide is how many bytes around a keyword a match may take.
	wide int
}

type allow struct {
	match     bool // against the whole match, not the secret
	regexes   []func() *regexp.Regexp
	stopWords []string
}

type keyword struct {
	word  string
	rules []uint16
}

type ruleSet struct {
	rules    []rule
	keywords []keyword
	allow    allow
}

// secretRules reads the rules once: they are a constant of the library.
var secretRules = sync.OnceValue(func() *ruleSet {
	set, err := readRules(config.DefaultConfig)
	if err != nil {
		panic(err) // the library's own file, held by TestEveryRuleIsRead
	}
	return set
})

func readRules(text string) (*ruleSet, error) {
	var file ruleFile
	if err := toml.Unmarshal([]byte(text), &file); err != nil {
		return nil, fmt.Errorf("rules of secrets: %w", err)
	}
	set := &ruleSet{allow: newAllow(file.Allowlist)}
	words := map[string][]uint16{}
	for _, r := range file.Rules {
		if r.Regex == "" { // a rule about names of files
			continue
		}
		made := rule{n: uint16(len(set.rules)), id: r.ID, expr: r.Regex, entropy: r.Entropy, group: r.SecretGroup, wide: mostSecret}
		for _, a := range r.Allowlists {
			if len(a.Paths) == 0 && a.RegexTarget != "line" {
				made.allow = append(made.allow, newAllow(a))
			}
		}
		if err := made.read(r.Regex, r.Keywords); err != nil {
			return nil, err
		}
		for _, k := range r.Keywords {
			k = lower(k)
			words[k] = append(words[k], uint16(len(set.rules))) //nolint:gosec // some hundreds
		}
		set.rules = append(set.rules, made)
	}
	for word, rules := range words {
		set.keywords = append(set.keywords, keyword{word, rules})
	}
	slices.SortFunc(set.keywords, func(a, b keyword) int { return strings.Compare(a.word, b.word) })
	return set, nil
}

func newAllow(f allowFile) allow {
	a := allow{match: f.RegexTarget == "match"}
	for _, w := range f.StopWords {
		a.stopWords = append(a.stopWords, strings.ToLower(w))
	}
	for _, r := range f.Regexes {
		a.regexes = append(a.regexes, lazily(r))
	}
	return a
}

// lazily compiles an expression when it is first needed: most never are.
func lazily(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// lead is how rules begin whose keyword is the name of what is assigned: the
// part before it says nothing about the secret.
const lead = `[\w.-]{0,50}?`

// operator is how such rules go on.
const operator = `(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)`

// How far a match may reach.
const (
	mostSecret = 700
	mostKey    = 8192
)

func (r *rule) read(expr string, keywords []string) error {
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return fmt.Errorf("rule of secrets %s: %w", r.id, err)
	}
	switch {
	case strings.HasPrefix(r.id, "curl-"), strings.HasPrefix(r.id, "kubernetes-"), strings.HasPrefix(r.id, "nuget-"), strings.HasPrefix(r.id, "freemius-"), r.id == "hashicorp-tf-password", r.id == "private-key", r.id == "sidekiq-sensitive-url":
		r.loose = true
	}
	if r.id == "private-key" {
		r.wide = mostKey
	}
	if flags, rest, ok := strings.Cut(expr, lead); ok && len(flags) <= len("(?i)") && strings.Contains(rest, operator) {
		named, err := syntax.Parse(flags+rest, syntax.Perl)
		if err != nil {
			return fmt.Errorf("rule of secrets %s: %w", r.id, err)
		}
		expr = flags + rest
		if begins, _ := leading(named.Simplify()); len(begins) > 0 && agree(begins, keywords) {
			r.anchored, r.assigned = true, true
			r.regex = lazily(flags + `\A` + rest)
			return nil
		}
	}
	if begins, bounded := leading(parsed.Simplify()); len(begins) > 0 && !r.loose {
		r.anchored = agree(begins, keywords)
		r.bounded = r.anchored && bounded
	}
	if r.anchored {
		expr = `\A(?:` + expr + `)`
	}
	r.regex = lazily(expr)
	return nil
}

// leading returns the letters that matches begin with, one of them each, and
// whether they begin a word; nothing where a match may begin otherwise.
func leading(re *syntax.Regexp) (letters []string, bounded bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{lower(string(re.Rune))}, false
	case syntax.OpCapture:
		return leading(re.Sub[0])
	case syntax.OpConcat:
		subs := re.Sub
		for len(subs) > 1 && subs[0].Op == syntax.OpWordBoundary {
			bounded = true
			subs = subs[1:]
		}
		letters, inside := leading(subs[0])
		return letters, bounded || inside
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			more, inside := leading(sub)
			if len(more) == 0 || inside {
				return nil, false
			}
			letters = append(letters, more...)
		}
		return letters, false
	default:
		return nil, false
	}
}

// agree tells whether every match begins with a keyword, and every keyword may
// begin one.
func agree(begins, keywords []string) bool {
	begin := func(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
	for _, b := range begins {
		if !slices.ContainsFunc(keywords, func(k string) bool { return begin(b, lower(k)) }) {
			return false
		}
	}
	for _, k := range keywords {
		if !slices.ContainsFunc(begins, func(b string) bool { return begin(b, lower(k)) }) {
			return false
		}
	}
	return true
}
