// Package smt is a sparse Merkle tree over 256-bit slots: it proves what a
// slot holds, and that a slot is empty. The format is docs/formats/smt.md.
package smt

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"licet"
)

// ErrProof says that a proof does not lead to the root.
var ErrProof = errors.New("the proof does not lead to the root")

// Depth is how many bits a slot has, and so how many levels the tree.
const Depth = 256

// A Tree holds a value at some slots. A subtree with one slot is hashed as that
// leaf alone, so that paths are as long as they need to be and no longer.
type Tree struct {
	leaves []leaf // sorted by slot
	root   licet.Digest
}

type leaf struct{ slot, value licet.Digest }

// Hashes of leaves, nodes and nothing are told apart by their first byte.
var empty = licet.Digest(sha256.Sum256([]byte("\x02licet-smt-v1")))

func hashLeaf(slot, value licet.Digest) licet.Digest { return hashPair(0, &slot, &value) }

func hashNode(left, right licet.Digest) licet.Digest { return hashPair(1, &left, &right) }

func hashPair(kind byte, a, b *licet.Digest) licet.Digest {
	var data [1 + 2*len(a)]byte
	data[0] = kind
	copy(data[1:], a[:])
	copy(data[1+len(a):], b[:])
	return licet.Sum(data[:])
}

// Slot is where the member with this token stands in the tree of a run. Nobody
// who lacks the token can find it, or tell two runs' slots together.
func Slot(run, token licet.Digest) licet.Digest { return licet.Sum(slices.Concat(run[:], token[:])) }

// New returns the tree that holds values at their slots.
func New(values map[licet.Digest]licet.Digest) *Tree {
	t := &Tree{}
	for slot, value := range values {
		t.leaves = append(t.leaves, leaf{slot, value})
	}
	slices.SortFunc(t.leaves, func(a, b leaf) int { return bytes.Compare(a.slot[:], b.slot[:]) })
	t.root = hash(t.leaves, 0)
	return t
}

func bit(d licet.Digest, i int) byte { return d[i/8] >> (7 - i%8) & 1 }

// split returns where the leaves, which agree on the first depth bits, turn to 1.
func split(leaves []leaf, depth int) int {
	at, _ := slices.BinarySearchFunc(leaves, byte(1), func(l leaf, one byte) int { return int(bit(l.slot, depth)) - int(one) })
	return at
}

func hash(leaves []leaf, depth int) licet.Digest {
	switch len(leaves) {
	case 0:
		return empty
	case 1:
		return hashLeaf(leaves[0].slot, leaves[0].value)
	}
	at := split(leaves, depth)
	return hashNode(hash(leaves[:at], depth+1), hash(leaves[at:], depth+1))
}

// Root returns the tree's root.
func (t *Tree) Root() licet.Digest { return t.root }

// A Proof shows what a slot holds. Siblings are the hashes beside the path,
// from the root down. Where the path ends at another slot's leaf, Other and
// OtherValue are that leaf: then the slot is empty.
type Proof struct {
	Siblings   []licet.Digest `json:"siblings"`
	Present    bool           `json:"present"`
	Value      licet.Digest   `json:"value,omitzero"`
	Other      licet.Digest   `json:"other,omitzero"`
	OtherValue licet.Digest   `json:"other_value,omitzero"`
}

// Prove returns the proof of what slot holds.
func (t *Tree) Prove(slot licet.Digest) Proof {
	var p Proof
	leaves := t.leaves
	for depth := 0; len(leaves) > 1; depth++ {
		at := split(leaves, depth)
		left, right := leaves[:at], leaves[at:]
		if bit(slot, depth) == 0 {
			p.Siblings, leaves = append(p.Siblings, hash(right, depth+1)), left
		} else {
			p.Siblings, leaves = append(p.Siblings, hash(left, depth+1)), right
		}
	}
	if len(leaves) == 1 {
		if l := leaves[0]; l.slot == slot {
			p.Present, p.Value = true, l.value
		} else {
			p.Other, p.OtherValue = l.slot, l.value
		}
	}
	return p
}

// Verify returns what the tree with this root holds at slot, or ErrProof.
func Verify(root, slot licet.Digest, p Proof) (value licet.Digest, present bool, err error) {
	if len(p.Siblings) > Depth {
		return value, false, fmt.Errorf("%w: %d levels", ErrProof, len(p.Siblings))
	}
	at := empty
	switch {
	case p.Present:
		if !p.Other.IsZero() || !p.OtherValue.IsZero() {
			return value, false, fmt.Errorf("%w: it names two leaves", ErrProof)
		}
		at = hashLeaf(slot, p.Value)
	case !p.Value.IsZero():
		return value, false, fmt.Errorf("%w: an empty slot with a value", ErrProof)
	case !p.Other.IsZero():
		if p.Other == slot {
			return value, false, fmt.Errorf("%w: the slot is its own neighbour", ErrProof)
		}
		for i := range p.Siblings {
			if bit(p.Other, i) != bit(slot, i) {
				return value, false, fmt.Errorf("%w: the other leaf is not on the path", ErrProof)
			}
		}
		at = hashLeaf(p.Other, p.OtherValue)
	case !p.OtherValue.IsZero():
		return value, false, fmt.Errorf("%w: a value of no leaf", ErrProof)
	}
	for i, sibling := range slices.Backward(p.Siblings) {
		if bit(slot, i) == 0 {
			at = hashNode(at, sibling)
		} else {
			at = hashNode(sibling, at)
		}
	}
	if at != root {
		return value, false, ErrProof
	}
	return p.Value, p.Present, nil
}
