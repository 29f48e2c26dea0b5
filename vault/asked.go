package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"licet"
)

// A hasher makes the keyed hashes that derive makes, without setting the key up anew.
type hasher struct {
	pool sync.Pool // of *hashing
}

type hashing struct {
	mac hash.Hash
	buf []byte
}

func newHasher(key []byte) *hasher {
	return &hasher{pool: sync.Pool{New: func() any { return &hashing{mac: hmac.New(sha256.New, key)} }}}
}

func (h *hasher) hash(label string, parts ...string) licet.Digest {
	m, _ := h.pool.Get().(*hashing)
	defer h.pool.Put(m)
	m.mac.Reset()
	m.buf = derivation(m.buf[:0], label, parts)
	_, _ = m.mac.Write(m.buf) // a hash never fails
	return licet.Digest(m.mac.Sum(m.buf[:0]))
}

// answers remembers what was asked lately. It forgets at will and never errs:
// what it says does not depend on what was asked before, only how fast.
type answers struct {
	seed  maphash.Seed
	slots []atomic.Pointer[answer]
}

type answer struct {
	question string
	yes      bool
}

// answerSlots is how many answers are remembered, and longQuestion how long a
// question may be for that.
const (
	answerSlots  = 1 << 15
	longQuestion = 64
)

func newAnswers() *answers {
	return &answers{seed: maphash.MakeSeed(), slots: make([]atomic.Pointer[answer], answerSlots)}
}

func (a *answers) ask(question string, find func() bool) bool {
	slot := &a.slots[maphash.String(a.seed, question)%answerSlots]
	if last := slot.Load(); last != nil && last.question == question {
		return last.yes
	}
	yes := find()
	if len(question) <= longQuestion {
		// A copy: the question is a part of somebody's text, which must not be held.
		slot.Store(&answer{string([]byte(question)), yes})
	}
	return yes
}
