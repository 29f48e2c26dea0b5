package score

import (
	"fmt"
	"licet/internal/testshared"
	"licet/view/redact"
	"os"
	"testing"
)

func TestDev(t *testing.T) {
	s, err := Presidio(testshared.Dir(t, "presidio_research"))
	if err != nil {
		t.Fatal(err)
	}
	find := func(x string) []redact.Span { return redact.Find(x, redact.Context{}) }
	half := os.Getenv("HALF") == "scored"
	for _, r := range s.Half(half, find) {
		fmt.Printf("%-12s n=%d recall %.3f prec %.3f F1 %.3f exact %.3f (pred %d)\n", r.Label, r.Items, r.Recall(), r.Precision(), r.F1(), r.Exact(), r.Predicted)
	}
	if half {
		return
	}
	for _, it := range s.Items {
		if it.Scored {
			continue
		}
		p := find(it.Text)
		for _, g := range it.Gold {
			if g.Label != "name" && !covered(it.Text, g, p) {
				fmt.Printf("MISS %s %q in %q got %v\n", g.Label, it.Text[g.Start:g.End], it.Text, show(it.Text, p))
			}
		}
		for _, q := range p {
			if r, _ := matched(it.Gold, q); !r {
				fmt.Printf("FP %s %q in %q\n", q.Label, it.Text[q.Start:q.End], it.Text)
			}
		}
	}
}
func show(t string, p []redact.Span) (o []string) {
	for _, q := range p {
		o = append(o, fmt.Sprintf("%s:%q", q.Label, t[q.Start:q.End]))
	}
	return
}
func TestAgg(t *testing.T) {
	s, _ := Presidio(testshared.Dir(t, "presidio_research"))
	zero, part, n := 0, 0, 0
	for _, it := range s.Items {
		if !it.Scored {
			continue
		}
		p := redact.Find(it.Text, redact.Context{})
		for _, g := range it.Gold {
			if g.Label != "address" {
				continue
			}
			n++
			if covered(it.Text, g, p) {
				continue
			}
			ov := false
			for _, q := range p {
				if q.Label == "address" && q.Start < g.End && g.Start < q.End {
					ov = true
				}
			}
			if ov {
				part++
			} else {
				zero++
			}
		}
	}
	fmt.Println("zero", zero, "part", part, "of", n)
}
