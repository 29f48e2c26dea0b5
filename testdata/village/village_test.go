package village_test

import (
	"bufio"
	"encoding/json"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"licet"
	"licet/testdata/village"
)

type line struct {
	Type, ID, Member, Kind, Text, Name, About string
	ShareOf                                   string `json:"share_of"`
	ReplyTo                                   string `json:"reply_to"`
	BirthDate                                 string `json:"birth_date"`
	To                                        []string
}

func lines(t *testing.T) []line {
	t.Helper()
	var out []line
	for _, name := range []string{"english.jsonl", "french.jsonl"} {
		f, err := village.Files().Open(name)
		if err != nil {
			t.Fatal(err)
		}
		s := bufio.NewScanner(f)
		s.Buffer(nil, 1<<20)
		for n := 1; s.Scan(); n++ {
			var l line
			if err := json.Unmarshal(s.Bytes(), &l); err != nil {
				t.Fatalf("%s:%d: %v", name, n, err)
			}
			out = append(out, l)
		}
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	return out
}

func TestVillageIsWhole(t *testing.T) {
	members, records, texts := map[string]bool{}, map[string]bool{}, 0
	all := lines(t)
	for _, l := range all {
		switch l.Type {
		case "member":
			if members[l.ID] {
				t.Errorf("member %s twice", l.ID)
			}
			members[l.ID] = true
		case "record":
			if records[l.ID] {
				t.Errorf("record %s twice", l.ID)
			}
			records[l.ID] = true
			switch licet.Kind(l.Kind) {
			case licet.KindPost, licet.KindComment, licet.KindJobOffer, licet.KindRecommendation:
				texts++
			default:
				if !licet.Kind(l.Kind).Known() {
					t.Errorf("%s: unknown kind %q", l.ID, l.Kind)
				}
			}
		}
	}
	if len(members) < 55 || texts < 300 {
		t.Errorf("%d members and %d posts, comments, job offers and recommendations; want about 60 and at least 300", len(members), texts)
	}
	for _, l := range all {
		for _, m := range append(l.To, l.Member, l.About) {
			if m != "" && !members[m] {
				t.Errorf("%s names member %s, who does not exist", l.ID, m)
			}
		}
		for _, r := range []string{l.ReplyTo, l.ShareOf} {
			if r != "" && !records[r] {
				t.Errorf("%s names record %s, which does not exist", l.ID, r)
			}
		}
	}
}

var canary = regexp.MustCompile(`canary-[a-z0-9]{8}`)

func TestCanariesAreUniqueAndHidden(t *testing.T) {
	hidden := map[licet.Kind]int{}
	seen := map[string]string{}
	choices, err := village.Choices()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{"m09": true, "m46": true, "m32": true}
	for _, c := range choices {
		out[c.Member] = out[c.Member] || c.Choice == "object"
	}
	for _, l := range lines(t) {
		found := canary.FindAllString(l.Text, -1)
		for _, c := range found {
			if where, ok := seen[c]; ok {
				t.Errorf("%s stands in %s and in %s", c, where, l.ID)
			}
			seen[c] = l.ID
		}
		k := licet.Kind(l.Kind)
		never := k.Category() == licet.CategoryMessage || k.Category() == licet.CategorySensitive
		if never {
			hidden[k] += len(found)
			if len(found) == 0 {
				t.Errorf("%s (%s) has no canary", l.ID, k)
			}
		} else if len(found) > 0 && !out[l.Member] {
			t.Errorf("%s (%s) has a canary and may be learned", l.ID, k)
		}
	}
	for _, k := range []licet.Kind{licet.KindPrivateMessage, licet.KindGroupMessage, licet.KindSalary, licet.KindCredential, licet.KindPaymentMethod} {
		if hidden[k] < 5 {
			t.Errorf("%d canaries in %s, want at least 5", hidden[k], k)
		}
	}
}

// TestNoTemplates: outside marked re-posts, quotes and near-copies, no two
// members' texts share a run of 8 words.
func TestNoTemplates(t *testing.T) {
	type place struct{ member, id string }
	seen := map[string]place{}
	copies := 0
	for _, l := range lines(t) {
		if l.Type != "record" || l.ShareOf != "" {
			if l.ShareOf != "" {
				copies++
			}
			continue
		}
		words := strings.FieldsFunc(strings.ToLower(ownWords(l.Text)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for i := 0; i+8 <= len(words); i++ {
			run := strings.Join(words[i:i+8], " ")
			if p, ok := seen[run]; ok && p.member != l.Member && !nearCopies[p.id] && !nearCopies[l.ID] {
				t.Errorf("%s and %s share %q", p.id, l.ID, run)
				break
			}
			seen[run] = place{l.Member, l.ID}
		}
	}
	if copies < 4 {
		t.Errorf("%d marked re-posts, want some", copies)
	}
}

// nearCopies are the texts that README.md marks as near-copies of another.
var nearCopies = map[string]bool{"e0454": true}

// ownWords drops quoted lines and quoted sentences.
func ownWords(text string) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(l), ">") {
			b.WriteString(l)
		}
	}
	return quoted.ReplaceAllString(b.String(), " | ")
}

var quoted = regexp.MustCompile(`"[^"]*"|«[^»]*»|“[^”]*”`)

var _ fs.FS = village.Files()
