package policy_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"licet"
	"licet/internal/testshared"
	"licet/policy"
	"licet/testdata/village"
)

// TestWhatIsRememberedIsWhatTheRulesSay asks every kind of question twice, in
// random order, and Cedar each time.
func TestWhatIsRememberedIsWhatTheRulesSay(t *testing.T) {
	p := load(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(options ...string) string { return options[rnd.IntN(len(options))] }
	person := func(purpose licet.Purpose) licet.Standing {
		s := licet.Standing{Member: "m", Erased: rnd.IntN(8) == 0, Facts: licet.Facts{
			School: rnd.IntN(2) * (2000 + rnd.IntN(20)), Country: pick("FR", "US", "CA", "HK", "", "XX"), Region: pick("", "CA-QC", "CA-ON"),
			BirthDate: pick("1980-01-01", "2010-02-28", "", "2007-11-04", "1980-02-30", "soon"),
		}}
		if rnd.IntN(3) == 0 {
			s.Signals = map[licet.Signal]licet.Heard{licet.Signals()[rnd.IntN(4)]: {Seq: 1}}
		}
		return says(s, purpose, licet.Verdict(pick("undecided", "permitted", "refused", "perhaps")))
	}
	kinds := append(licet.Kinds(), "rumour", "")
	purposes := append(licet.Purposes(), "sell", "")
	permitted := 0
	exhausted := p.Exhausted()
	for range 50_000 {
		purpose := purposes[rnd.IntN(len(purposes))]
		q := policy.Question{
			Purpose: purpose, Standing: person(purpose), Kind: kinds[rnd.IntN(len(kinds))], At: now,
			SuspectedMinor: rnd.IntN(6) == 0, Special: rnd.IntN(6) == 0, Signal: licet.Signal(pick("", "", "noindex", "gpc", "train-ai=n", "smoke")), Adults: rnd.IntN(2) == 0,
		}
		if rnd.IntN(2) == 0 {
			about := person(purpose)
			if rnd.IntN(8) == 0 {
				about = licet.Standing{}
			}
			q.About = &about
		}
		want := p.Plain(q)
		for range 2 {
			if got := p.Decide(q); !reflect.DeepEqual(got, want) {
				t.Fatalf("%+v: remembered %+v, the rules say %+v", q, got, want)
			}
		}
		if want.Permit {
			permitted++
		}
		if rules, permit := exhausted(q); rules != nil && (permit != want.Permit || !slices.Equal(rules, want.Rules)) {
			t.Fatalf("%+v: the checker has %v, %v, the rules say %+v", q, permit, rules, want)
		}
	}
	if permitted == 0 {
		t.Error("nothing was permitted: the test has asked nothing")
	}
}

func TestARepeatedQuestionAllocatesNothing(t *testing.T) {
	p := load(t)
	about := adult()
	q := policy.Question{Purpose: licet.PurposeTrain, Standing: adult(), Kind: licet.KindRecommendation, At: now, About: &about}
	p.Decide(q)
	if n := testing.AllocsPerRun(1000, func() { p.Decide(q) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// mix is one question for each record of the village and of digital.gov.
func mix(tb testing.TB) []policy.Question {
	tb.Helper()
	texts, err := village.Texts()
	if err != nil {
		tb.Fatal(err)
	}
	convert := exec.CommandContext(tb.Context(), "go", "run", "licet/examples/digitalgov", filepath.Join(testshared.Dir(tb, "digitalgov"), "content"))
	site, err := convert.Output()
	if err != nil {
		tb.Fatalf("convert digital.gov: %v", err)
	}
	return append(questions(tb, texts, false), questions(tb, site, true)...)
}

func questions(tb testing.TB, exchange []byte, adults bool) []policy.Question {
	tb.Helper()
	people := map[string]licet.Standing{}
	var out []policy.Question
	s := bufio.NewScanner(bytes.NewReader(exchange))
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		var line struct {
			Type, ID, Member, Country, Region, About string
			Kind                                     licet.Kind
			BirthDate                                string `json:"birth_date"`
		}
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			tb.Fatal(err)
		}
		switch line.Type {
		case "member":
			m := licet.Standing{Member: licet.MemberID(line.ID), Facts: licet.Facts{Country: line.Country, Region: line.Region, BirthDate: line.BirthDate}}
			switch len(people) % 5 {
			case 0:
				m = says(m, licet.PurposeTrain, licet.Refused)
			case 1:
				m = says(m, licet.PurposeTrain, licet.Permitted)
			}
			people[line.ID] = m
		case "record":
			q := policy.Question{Purpose: licet.PurposeTrain, Standing: people[line.Member], Kind: line.Kind, At: now, Adults: adults}
			if about, ok := people[line.About]; ok {
				q.About = &about
			}
			out = append(out, q)
		}
	}
	return out
}

// BenchmarkDecide asks about every record of the village and of digital.gov in
// turn: remembered, and by Cedar alone.
func BenchmarkDecide(b *testing.B) {
	p := load(b)
	all := mix(b)
	for name, decide := range map[string]func(policy.Question) licet.Decision{"remembered": p.Decide, "cedar": p.Plain} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				decide(all[i])
				if i++; i == len(all) {
					i = 0
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
		})
	}
}
