package lm

import "testing"

// written returns the logits of the model that writes, [token][vocab].
func written(t *testing.T, b *Base, a *Adapter, tokens []int32) []float32 {
	t.Helper()
	return writing(t, b, a, Float32, tokens, 1)
}
