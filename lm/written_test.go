package lm

import "testing"

// written returns the logits of the model that writes, [token][vocab].
func written(t *testing.T, b *Base, a *Adapter, tokens []int32) []float32 {
	t.Helper()
	m, err := NewModel(b, a)
	if err != nil {
		t.Fatal(err)
	}
	var all []float32
	w := m.writer()
	for _, token := range tokens {
		all = append(all, w.next(token)...)
	}
	return all
}
