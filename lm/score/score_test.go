package score_test

import (
	"strings"
	"testing"
	"time"

	"licet/lm/score"
)

func TestReadPeers(t *testing.T) {
	got, err := score.ReadPeers(strings.NewReader(`{"peer":"A 1.0","measure":"training 5.3M","value":1200.5,"peak_mib":3}
{"peer":"B","measure":"sgemm 512 on 1","value":250}
`))
	if err != nil || len(got) != 2 || got["training 5.3M"] != (score.Peer{Peer: "A 1.0", Measure: "training 5.3M", Value: 1200.5}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"x", `{"peer":"A"}`, `{"measure":"m","value":0}`, "{}\n", `{"measure":"m","value":-1}`} {
		if _, err := score.ReadPeers(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: got %v, want an error that names the line", bad, err)
		}
	}
}

func TestFloors(t *testing.T) {
	for _, test := range []struct {
		row  score.Row
		want bool
	}{
		{score.Row{Value: 1}, true},
		{score.Row{Value: 10, Floor: 10}, true},
		{score.Row{Value: 9, Floor: 10}, false},
		{score.Row{Value: 9, Floor: 10, Below: true}, true},
		{score.Row{Value: 11, Floor: 10, Below: true}, false},
	} {
		if got := test.row.OK(); got != test.want {
			t.Errorf("%+v: got %v", test.row, got)
		}
	}
}

// TestProduct: with a clock that moves by a second a look, a product of 64³
// takes one, and there are as many rounds as there is time.
func TestProduct(t *testing.T) {
	now := time.Unix(0, 0)
	o := score.Options{Now: func() time.Time { now = now.Add(time.Second); return now }, CPU: func() time.Duration { return 0 }}
	if got, want := o.Product(score.Product{Size: 64, Threads: 2}, 20*time.Second), 2*64*64*64/1e9; got != want {
		t.Errorf("got %v GFLOP/s, want %v", got, want)
	}
}
