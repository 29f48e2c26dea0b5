package lm

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"

	"licet/lm/sgemm"
)

// ErrCheckpoint says that a checkpoint of a base's training is damaged or of another run.
var ErrCheckpoint = errors.New("unusable training checkpoint")

// A BaseRun is one training of a base that may be stopped at any moment and
// goes on from its last checkpoint to the same bits.
type BaseRun struct {
	Config    Config
	Tokenizer *Tokenizer
	Recipe    BaseRecipe
	Documents [][]int32 // token ids
	// Passes says in how many of the recipe's epochs each document is read, spread
	// evenly; nil: in all of them.
	Passes []int
	// Steps ends the whole schedule after so many steps; 0: after the last epoch.
	Steps int
	// Engine computes; nil: the best there is. No bit depends on it.
	Engine *sgemm.Engine
	// Checkpoint is a file that is written each Every steps, and read, where it
	// is there, at the start; "": none.
	Checkpoint string
	Every      int
	// Report hears, after each step, the mean loss of its batch in nats a token.
	// It may be nil. The first call of a run that goes on has the step after the checkpoint's.
	Report func(step, total int, loss float64)
}

// Train trains every weight of the base, from random or from the checkpoint.
func (r *BaseRun) Train(ctx context.Context) (*Base, error) {
	if r.Passes != nil && len(r.Passes) != len(r.Documents) {
		return nil, fmt.Errorf("%d documents, but passes of %d", len(r.Documents), len(r.Passes))
	}
	b, err := NewBase(r.Config, r.Tokenizer, r.Recipe.Seed)
	if err != nil {
		return nil, err
	}
	if err := checkDocs(r.Config, r.Documents); err != nil {
		return nil, err
	}
	if r.Engine != nil {
		b = b.On(r.Engine)
	}
	m := newNetwork(b, nil, r.Recipe.Batch, r.Recipe.Context, true, true)
	if err := r.fit(ctx, m); err != nil {
		return nil, err
	}
	return newBase(r.Config, r.Tokenizer, b.weights)
}

// TotalSteps returns how many steps the run has.
func (r *BaseRun) TotalSteps() int {
	total := 0
	for epoch := range r.Recipe.Epochs {
		rows := pack(r.epoch(epoch), r.Recipe.Context).rows()
		total += (rows + r.Recipe.Batch - 1) / r.Recipe.Batch
	}
	if r.Steps > 0 {
		return min(total, r.Steps)
	}
	return total
}

// epoch returns the documents that epoch e of E reads: one that is to be read n
// times is read in those e where (e+p)·n mod E < n, p by a hash of its tokens.
func (r *BaseRun) epoch(e int) [][]int32 {
	if r.Passes == nil {
		return r.Documents
	}
	var out [][]int32
	for i, doc := range r.Documents {
		h := sha256.New()
		hashTokens(h, doc)
		p := int(h.Sum(nil)[0])
		if n, of := r.Passes[i], r.Recipe.Epochs; (e+p)*n%of < n {
			out = append(out, doc)
		}
	}
	return out
}

func hashTokens(h hash.Hash, doc []int32) {
	buf := make([]byte, 0, 4*len(doc))
	for _, t := range doc {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(t)) //nolint:gosec // ids are not negative
	}
	_, _ = h.Write(buf) // a hash never fails
}

// fit is the training loop. It is network.fit with passes, an earlier end and checkpoints.
func (r *BaseRun) fit(ctx context.Context, m *network) error {
	recipe := Recipe{
		LearningRate: r.Recipe.LearningRate, WarmupShare: 0.02, FinalShare: 0.1, WeightDecay: 0.1, Clip: 1,
		Epochs: r.Recipe.Epochs, Batch: r.Recipe.Batch, Context: r.Recipe.Context, Seed: r.Recipe.Seed,
	}
	total := r.TotalSteps()
	key, err := r.key(total)
	if err != nil {
		return err
	}
	opt := newAdamW(m, recipe.WeightDecay)
	if err := r.load(key, m, opt); err != nil {
		return err
	}
	from, done := opt.step, 0
	for epoch := 0; epoch < recipe.Epochs && done < total; epoch++ {
		p := pack(shuffled(r.epoch(epoch), recipe.Seed, epoch), m.T)
		for at := 0; at < p.rows() && done < total; at += recipe.Batch {
			if done++; done <= from {
				continue
			}
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("training stopped: %w", err)
			}
			loss := m.step(p, at, min(recipe.Batch, p.rows()-at))
			m.clip(recipe.Clip)
			opt.update(float32(schedule(opt.step, total, recipe)))
			if r.Every > 0 && r.Checkpoint != "" && done%r.Every == 0 && done < total {
				if err := r.save(key, m, opt); err != nil {
					return err
				}
			}
			if r.Report != nil {
				r.Report(done, total, loss)
			}
		}
	}
	return nil
}

// key names everything that the bits at a step depend on.
func (r *BaseRun) key(total int) (Digest, error) {
	h := sha256.New()
	head, err := json.Marshal(map[string]any{
		"numerics": NumericsVersion, "config": r.Config, "tokenizer": r.Tokenizer, "recipe": r.Recipe, "passes": r.Passes, "steps": total, "documents": len(r.Documents),
	})
	if err != nil {
		return Digest{}, fmt.Errorf("name the training run: %w", err)
	}
	_, _ = h.Write(head) // a hash never fails
	for _, doc := range r.Documents {
		hashTokens(h, doc)
		_, _ = h.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	return Digest(h.Sum(nil)), nil
}

// checkpointMagic begins the file: docs/formats/base-recipe.md.
const checkpointMagic = "licet-base-training-1\n"

// save writes the state beside the checkpoint and then takes its place, so that
// whoever is killed has the one or the other.
func (r *BaseRun) save(key Digest, m *network, o *adamW) (err error) {
	part := r.Checkpoint + ".part"
	f, err := os.Create(part)
	if err != nil {
		return fmt.Errorf("write the training checkpoint: %w", err)
	}
	sum := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<20)
	head := append([]byte(checkpointMagic), key[:]...)
	for _, v := range []uint64{uint64(o.step), math.Float64bits(o.c1), math.Float64bits(o.c2)} { //nolint:gosec // steps are not negative
		head = binary.LittleEndian.AppendUint64(head, v)
	}
	_, err = w.Write(head)
	buf := make([]byte, 0, 1<<16)
	for _, list := range [][][]float32{m.params, o.m, o.v} {
		for _, x := range list {
			for len(x) > 0 && err == nil {
				n := min(len(x), cap(buf)/4)
				buf = buf[:0]
				for _, v := range x[:n] {
					buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
				}
				_, err = w.Write(buf)
				x = x[n:]
			}
		}
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		_, err = f.Write(sum.Sum(nil))
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(part, r.Checkpoint)
	}
	if err != nil {
		return fmt.Errorf("write the training checkpoint: %w", errors.Join(err, os.Remove(part)))
	}
	return nil
}

// load reads the checkpoint, where there is one.
func (r *BaseRun) load(key Digest, m *network, o *adamW) error {
	if r.Checkpoint == "" {
		return nil
	}
	data, err := os.ReadFile(r.Checkpoint)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the training checkpoint: %w", err)
	}
	size := len(checkpointMagic) + sha256.Size + 3*8 + sha256.Size
	for _, p := range m.params {
		size += 3 * 4 * len(p)
	}
	bad := func(why string) error {
		return fmt.Errorf("%w: %s %s: delete it to begin anew", ErrCheckpoint, r.Checkpoint, why)
	}
	if !bytes.HasPrefix(data, []byte(checkpointMagic)) {
		return bad("is not a training checkpoint of this version")
	}
	if len(data) != size {
		return bad(fmt.Sprintf("has %d bytes, want %d", len(data), size))
	}
	body := data[:size-sha256.Size]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], data[len(body):]) {
		return bad("is damaged")
	}
	at := len(checkpointMagic)
	if !bytes.Equal(key[:], body[at:at+sha256.Size]) {
		return bad("is of another recipe, other texts or another number of steps")
	}
	at += sha256.Size
	o.step = int(binary.LittleEndian.Uint64(body[at:])) //nolint:gosec // written by save
	o.c1 = math.Float64frombits(binary.LittleEndian.Uint64(body[at+8:]))
	o.c2 = math.Float64frombits(binary.LittleEndian.Uint64(body[at+16:]))
	at += 24
	for _, list := range [][][]float32{m.params, o.m, o.v} {
		for _, x := range list {
			for i := range x {
				x[i] = math.Float32frombits(binary.LittleEndian.Uint32(body[at:]))
				at += 4
			}
		}
	}
	return nil
}
