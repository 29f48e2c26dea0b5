package app_test

import (
	"errors"
	"testing"

	"licet"
	"licet/app"
	"licet/internal/quayside"
	"licet/lm"
)

// TestAWithdrawnModelDrawsNoToken: from the moment that somebody in it objects,
// whoever still holds a model gets nothing from it, and the fallback writes.
func TestAWithdrawnModelDrawsNoToken(t *testing.T) {
	ctx := t.Context()
	a := quayside.Trained(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	before, err := a.Served(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(w *lm.Writer) (pieces int, err error) {
		prompt := []int32{w.Model().Tokenizer().Start()}
		for _, err := range w.Write(ctx, prompt, lm.GenerateOptions{MaxTokens: 8, Temperature: 1}) {
			if err != nil {
				return pieces, err
			}
			pieces++
		}
		return pieces, nil
	}
	if n, err := ask(before.Writer); n == 0 || err != nil {
		t.Fatalf("before: %d pieces, %v", n, err)
	}
	if again, err := a.Served(ctx); err != nil || again.Writer != before.Writer {
		t.Errorf("the same model has two writers (%v): their answers are not written together", err)
	}
	if _, err := a.Object(ctx, quayside.Member(t, a, "m33"), licet.PurposeTrain, licet.Said{Channel: "test"}); err != nil {
		t.Fatal(err)
	}
	if n, err := ask(before.Writer); n != 0 || !errors.Is(err, app.ErrWithdrawn) {
		t.Errorf("after: %d pieces, %v; want none, ErrWithdrawn", n, err)
	}
	now, err := a.Served(ctx)
	if err != nil || now.Adapter == before.Adapter {
		t.Fatalf("the same model is served (%v): the test shows nothing", err)
	}
	if n, err := ask(now.Writer); n == 0 || err != nil {
		t.Errorf("the fallback: %d pieces, %v", n, err)
	}
}
