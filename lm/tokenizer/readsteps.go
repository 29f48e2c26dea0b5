package tokenizer

import (
	"strings"

	"github.com/dlclark/regexp2/v2"
	"golang.org/x/text/unicode/norm"
)

// patternFile is {"String": …} or {"Regex": …}.
type patternFile struct {
	String *string `json:"String"`
	Regex  *string `json:"Regex"`
}

const longestPattern = 1 << 12 // bytes

// finder returns what finds the matches of a pattern.
func (p patternFile) finder(where string) (func(string) [][]int, error) {
	switch {
	case p.String != nil && p.Regex == nil:
		return literal(*p.String), nil
	case p.Regex != nil && p.String == nil:
		return engine(*p.Regex, where)
	}
	return nil, unsupported("%s: a pattern must be a String or a Regex", where)
}

func literal(s string) func(string) [][]int {
	return func(text string) [][]int {
		var out [][]int
		for i := 0; s != ""; {
			n := strings.Index(text[i:], s)
			if n < 0 {
				break
			}
			out = append(out, []int{i + n, i + n + len(s)})
			i += n + len(s)
		}
		return out
	}
}

// foreign lists what Oniguruma, whose patterns these are, reads in another way
// than the engine.
var foreign = []string{`\h`, `\H`, `\R`, `\X`, `\K`, `\O`, `[[:`, `&&`, `++`, `*+`, `?+`, `(?~`}

func engine(expr, where string) (func(string) [][]int, error) {
	if len(expr) > longestPattern {
		return nil, unsupported("%s: a regular expression of %d bytes, at most %d are read", where, len(expr), longestPattern)
	}
	for _, s := range foreign {
		if strings.Contains(expr, s) {
			return nil, unsupported("%s: %q in the regular expression %q is not supported", where, s, expr)
		}
	}
	re, err := regexp2.Compile(expr, regexp2.None)
	if err != nil {
		return nil, unsupported("%s: the regular expression %q: %w", where, expr, err)
	}
	return func(text string) [][]int {
		matches, err := re.FindAllStringIndex(text, -1)
		if err != nil {
			return nil // it went back too often: the text stays whole
		}
		return matches
	}, nil
}

func readNormalizer(p *part) (func(string) string, error) {
	const where = "normalizer"
	parts, err := p.flatten(where, "normalizers", 0)
	if err != nil || len(parts) == 0 {
		return nil, err
	}
	steps := make([]func(string) string, len(parts))
	for i, p := range parts {
		if steps[i], err = readNormal(p, where); err != nil {
			return nil, err
		}
	}
	return func(text string) string {
		for _, step := range steps {
			text = step(text)
		}
		return text
	}, nil
}

func readNormal(p *part, where string) (func(string) string, error) {
	var f struct {
		Prepend string      `json:"prepend"`
		Pattern patternFile `json:"pattern"`
		Content string      `json:"content"`
	}
	if err := p.fields(where, &f); err != nil {
		return nil, err
	}
	switch p.Type {
	case "NFC":
		return normalize(norm.NFC), nil
	case "NFD":
		return normalize(norm.NFD), nil
	case "NFKC":
		return normalize(norm.NFKC), nil
	case "NFKD":
		return normalize(norm.NFKD), nil
	case "Prepend":
		return func(text string) string {
			if text == "" {
				return ""
			}
			return f.Prepend + text
		}, nil
	case "Replace":
		find, err := f.Pattern.finder(where + ": Replace")
		if err != nil {
			return nil, err
		}
		return func(text string) string { return replace(text, find(text), f.Content) }, nil
	}
	return nil, unsupported("%s: type %q is not supported; NFC, NFD, NFKC, NFKD, Prepend, Replace and Sequence are", where, p.Type)
}

func replace(text string, matches [][]int, by string) string {
	if len(matches) == 0 {
		return text
	}
	var b strings.Builder
	end := 0
	for _, m := range matches {
		b.WriteString(text[end:m[0]])
		b.WriteString(by)
		end = m[1]
	}
	b.WriteString(text[end:])
	return b.String()
}

// readCutters reads the pre-tokenizer. It tells whether its last step writes
// bytes as characters.
func (t *Tokenizer) readCutters(p *part) (bytes bool, err error) {
	const where = "pre_tokenizer"
	parts, err := p.flatten(where, "pretokenizers", 0)
	if err != nil {
		return false, err
	}
	for _, p := range parts {
		if bytes {
			return false, unsupported("%s: %s after ByteLevel is not supported", where, p.Type)
		}
		switch p.Type {
		case "ByteLevel":
			bytes = true
			err = t.readByteLevel(p, where)
		case "Digits":
			var f struct {
				Individual bool `json:"individual_digits"`
			}
			err = p.fields(where, &f)
			t.cutters = append(t.cutters, digits{f.Individual})
		case "Split":
			err = t.readSplit(p, where+": Split")
		case "Metaspace":
			err = t.readMetaspace(p, where)
		default:
			err = unsupported("%s: type %q is not supported; ByteLevel, Digits, Metaspace, Split and Sequence are", where, p.Type)
		}
		if err != nil {
			return false, err
		}
	}
	return bytes, nil
}

func (t *Tokenizer) readByteLevel(p *part, where string) error {
	f := struct {
		Prefix bool `json:"add_prefix_space"`
		Regex  bool `json:"use_regex"`
	}{true, true}
	if err := p.fields(where, &f); err != nil {
		return err
	}
	if f.Prefix {
		t.cutters = append(t.cutters, prefixed{})
	}
	if f.Regex {
		t.cutters = append(t.cutters, gpt2{})
	}
	return nil
}

func (t *Tokenizer) readSplit(p *part, where string) error {
	var f struct {
		Pattern   patternFile `json:"pattern"`
		Behaviour string      `json:"behavior"`
		Invert    bool        `json:"invert"`
	}
	if err := p.fields(where, &f); err != nil {
		return err
	}
	how, ok := map[string]behaviour{
		"Isolated": isolated, "Removed": removed, "MergedWithPrevious": mergedWithPrevious,
		"MergedWithNext": mergedWithNext, "Contiguous": contiguous,
	}[f.Behaviour]
	if !ok {
		return unsupported("%s: behavior %q is not known", where, f.Behaviour)
	}
	if c := f.Pattern.Regex; c != nil && how == isolated && f.Pattern.String == nil {
		if scanner, ok := scanners[*c]; ok {
			t.cutters = append(t.cutters, scanner)
			return nil
		}
	}
	find, err := f.Pattern.finder(where)
	if err != nil {
		return err
	}
	t.cutters = append(t.cutters, pattern{find, how, f.Invert})
	return nil
}

func (t *Tokenizer) readMetaspace(p *part, where string) error {
	f := struct {
		Sign   string  `json:"replacement"`
		Scheme *string `json:"prepend_scheme"`
		Prefix *bool   `json:"add_prefix_space"` // how older files write the scheme
		Split  bool    `json:"split"`
	}{Split: true}
	if err := p.fields(where, &f); err != nil {
		return err
	}
	scheme, err := prependScheme(f.Scheme, f.Prefix, where)
	if err != nil {
		return err
	}
	if f.Sign == "" {
		return unsupported("%s: Metaspace: field \"replacement\" is missing", where)
	}
	t.cutters = append(t.cutters, metaspace{f.Sign, scheme != "never", scheme == "first", f.Split})
	return nil
}

func prependScheme(scheme *string, prefix *bool, where string) (string, error) {
	switch {
	case scheme == nil && prefix != nil && !*prefix:
		return "never", nil
	case scheme == nil:
		return "always", nil
	case *scheme != "always" && *scheme != "first" && *scheme != "never":
		return "", unsupported("%s: Metaspace: prepend_scheme %q is not known", where, *scheme)
	}
	return *scheme, nil
}
