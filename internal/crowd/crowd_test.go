package crowd_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"licet/internal/crowd"
)

func TestTheSameNumberMakesTheSameRecord(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.md"), []byte("---\ntitle: x\n---\nThe pump failed at night. Nobody asked the crew at the quay. The crew left."), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := crowd.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := crowd.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	for n := range crowd.PerMember {
		if x, y := a.Record(7, n), b.Record(7, n); !reflect.DeepEqual(x, y) || x.Text == "" {
			t.Fatalf("record %d is %+v and %+v", n, x, y)
		}
		texts[a.Record(7, n).Text] = true
	}
	if len(texts) < 5 {
		t.Errorf("%d texts in %d records", len(texts), crowd.PerMember)
	}
}
