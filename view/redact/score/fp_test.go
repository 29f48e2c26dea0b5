package score

import (
	"fmt"
	"io/fs"
	"licet/internal/testshared"
	"licet/view/redact"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFP(t *testing.T) {
	dir := testshared.Dir(t, "digitalgov")
	var b strings.Builder
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, e error) error {
		if e == nil && !d.IsDir() && strings.HasSuffix(p, ".md") {
			x, _ := os.ReadFile(p)
			b.Write(x)
			b.WriteByte('\n')
		}
		return nil
	})
	x := b.String()
	t0 := time.Now()
	sp := redact.Find(x, redact.Context{})
	dt := time.Since(t0)
	c := map[redact.Label]int{}
	for _, q := range sp {
		c[q.Label]++
	}
	fmt.Println(len(x), dt, float64(len(x))/1e6/dt.Seconds(), "MB/s", c)
	want := os.Getenv("LAB")
	n := 0
	for _, q := range sp {
		if string(q.Label) == want {
			n++
			if n%max(1, c[q.Label]/60) == 0 {
				a := max(0, q.Start-40)
				e := min(len(x), q.End+20)
				fmt.Printf("%q | %q | %q\n", x[a:q.Start], x[q.Start:q.End], x[q.End:e])
			}
		}
	}
}
