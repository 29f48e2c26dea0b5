package smt_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"

	"licet"
	"licet/ledger/smt"
)

func slot(i int) licet.Digest { return licet.Sum([]byte{byte(i), byte(i >> 8)}) }

func tree(n int) (*smt.Tree, map[licet.Digest]licet.Digest) {
	values := map[licet.Digest]licet.Digest{}
	for i := range n {
		values[slot(i)] = licet.Sum([]byte{1, byte(i)})
	}
	return smt.New(values), values
}

func TestEveryProofHolds(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 60, 1000} {
		tr, values := tree(n)
		for i := range n + 50 {
			p := tr.Prove(slot(i))
			value, present, err := smt.Verify(tr.Root(), slot(i), p)
			if err != nil || present != (i < n) || value != values[slot(i)] {
				t.Fatalf("%d leaves, slot %d: %v, %v, %v", n, i, value, present, err)
			}
			if _, _, err := smt.Verify(tr.Root(), slot(i+5000), p); i < n && n > 1 && err == nil {
				t.Fatalf("%d leaves: the proof of slot %d holds for another", n, i)
			}
		}
	}
}

func TestNoProofCanBeChanged(t *testing.T) {
	tr, _ := tree(40)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 80 {
		p := tr.Prove(slot(i))
		for range 20 {
			q := p
			q.Siblings = append([]licet.Digest(nil), p.Siblings...)
			switch r.IntN(6) {
			case 0:
				q.Siblings[r.IntN(len(q.Siblings))][r.IntN(32)] ^= 1
			case 1:
				q.Present = !q.Present
			case 2:
				q.Value[0] ^= 1
			case 3:
				q.Other[31] ^= 1
			case 4:
				q.OtherValue[0] ^= 1
			case 5:
				q.Siblings = q.Siblings[:len(q.Siblings)-1]
			}
			if _, _, err := smt.Verify(tr.Root(), slot(i), q); !errors.Is(err, smt.ErrProof) {
				t.Fatalf("slot %d: a changed proof holds: %+v", i, q)
			}
		}
	}
}

func TestGolden(t *testing.T) {
	tr, _ := tree(5)
	if got, want := tr.Root().String(), "1cd8c8dd3f8bbdeb133e86847000ed8a03505a7f6237cb6938a1a1e4e2070b9c"; got != want {
		t.Errorf("root %s, want %s", got, want)
	}
}

func FuzzVerify(f *testing.F) {
	tr, _ := tree(9)
	for _, i := range []int{1, 100} {
		data, err := json.Marshal(tr.Prove(slot(i)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p smt.Proof
		if json.Unmarshal(data, &p) != nil {
			return
		}
		// Slot 100 is empty: no proof may say otherwise.
		if _, present, err := smt.Verify(tr.Root(), slot(100), p); err == nil && present {
			t.Errorf("%s shows something at an empty slot", data)
		}
	})
}
