// Package lm is the embedded language model: a decoder-only transformer of the
// Llama family with low-rank adapters, its tokenizer, its training step and its
// generation, in Go, with the same bits on any machine.
//
// The contract on bits is docs/formats/numerics.md; TestSameBits hashes a
// training run over kernels and threads.
package lm

import "crypto/sha256"

// NumericsVersion names the order of every floating-point operation. It
// changes when the bits of any result change.
const NumericsVersion = "fma32-v2"

// A Digest is a SHA-256.
type Digest = [sha256.Size]byte
