package lm

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"licet/lm/safetensors"
)

// The files of a base.
const (
	fileConfig    = "config.json"
	fileTokenizer = "tokenizer.json"
	fileWeights   = "model.safetensors"
	fileIndex     = "model.safetensors.index.json" // instead of fileWeights, where they are in several
	fileGenerate  = "generation_config.json"
)

// companions are files that a base may have, kept as they came.
var companions = []string{"chat_template.jinja", fileGenerate, "special_tokens_map.json", "tokenizer_config.json"}

// OpenBase reads the base in dir: a folder that Save wrote, or one of Hugging
// Face's with a model of the Llama family.
func OpenBase(dir string) (*Base, error) {
	b, err := readBase(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("open base %s: %w", dir, err)
	}
	return b, nil
}

func readBase(dir fs.FS) (*Base, error) {
	config, err := readFile(dir, fileConfig)
	if err != nil {
		return nil, err
	}
	b := &Base{others: map[string][]byte{}}
	if b.file, err = readConfig(config); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBase, fileConfig, err)
	}
	b.config = b.file.Config
	words, err := readFile(dir, fileTokenizer)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: no %s: a model of SentencePiece alone can't be read, save its fast tokenizer: %w", ErrBase, fileTokenizer, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	if b.tokenizer, err = ReadTokenizer(words); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBase, fileTokenizer, err)
	}
	if b.tokenizer.Vocab() > b.config.Vocab {
		return nil, fmt.Errorf("%w: %s has %d ids, vocab_size is %d", ErrBase, fileTokenizer, b.tokenizer.Vocab(), b.config.Vocab)
	}
	for _, name := range companions {
		data, err := readFile(dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		b.others[name] = data
	}
	if err := b.readGeneration(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBase, fileGenerate, err)
	}
	if err := b.bound(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBase, fileTokenizer, err)
	}
	w, err := readWeights(dir, b.config)
	if err != nil {
		return nil, err
	}
	b.weights, b.types, b.numerics = w.got, w.types, w.numerics
	return b.finish()
}

// readGeneration: ids of generation_config.json are those that a text is ended by.
func (b *Base) readGeneration() error {
	data, ok := b.others[fileGenerate]
	b.begin, b.ends = b.file.Begin, b.file.Ends
	if !ok {
		return nil
	}
	var k keys
	if err := json.Unmarshal(data, &k.values); err != nil {
		return err
	}
	begin, ends := k.ids(b.config.Vocab)
	if begin != nil {
		b.begin = begin
	}
	if len(ends) > 0 {
		b.ends = ends
	}
	return k.err
}

// bound tells the tokenizer which ids begin and end a text, where the base's files do.
func (b *Base) bound() (err error) {
	start, end := b.tokenizer.Start(), b.tokenizer.End()
	if b.begin != nil {
		start = *b.begin
	}
	if len(b.ends) > 0 {
		end = b.ends[0]
	}
	b.tokenizer, err = b.tokenizer.Bounded(start, end)
	return err
}

// readFile reads one of the small files of a base.
func readFile(dir fs.FS, name string) ([]byte, error) {
	const most = 256 << 20
	info, err := fs.Stat(dir, name)
	if err != nil {
		return nil, fmt.Errorf("read base: %w", err)
	}
	if info.Size() > most {
		return nil, fmt.Errorf("%w: %s has %d bytes, more than any that is real", ErrBase, name, info.Size())
	}
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, fmt.Errorf("read base: %w", err)
	}
	return data, nil
}

// readWeights reads the tensors of a model from one file or, by the index, from several.
func readWeights(dir fs.FS, c Config) (*weights, error) {
	w := &weights{want: map[string][]int{}, got: map[string]tensor{}, types: map[string]safetensors.Type{}, tied: c.Tied}
	for _, s := range specs(c) {
		w.want[s.name] = s.shape
	}
	_, err := fs.Stat(dir, fileWeights)
	switch {
	case err == nil:
		if err := w.read(dir, fileWeights, nil); err != nil {
			return nil, err
		}
	case errors.Is(err, fs.ErrNotExist):
		if err := w.readShards(dir); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("read base: %w", err)
	}
	for _, s := range specs(c) {
		if _, ok := w.got[s.name]; !ok {
			why := ""
			if s.name == headName {
				why = ", and tie_word_embeddings is false"
			}
			return nil, fmt.Errorf("%w: no tensor %s in its files%s", ErrBase, s.name, why)
		}
	}
	return w, w.sameHead()
}

// weights collects the tensors of a base.
type weights struct {
	want  map[string][]int // shapes
	got   map[string]tensor
	types map[string]safetensors.Type
	tied  bool
	// the arithmetic that trained them, as the file's metadata says; "": not here
	numerics string
	head     *tensor // of a file that keeps the head of a tied model, too
}

// read reads one file; holds, unless nil, lists what must be in it.
func (w *weights) read(dir fs.FS, name string, holds map[string]bool) error {
	f, err := dir.Open(name)
	if err != nil {
		return fmt.Errorf("read base: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read base: %w", err)
	}
	tensors, metadata, err := safetensors.Read(f, info.Size(), func(e safetensors.Entry) (bool, error) {
		if holds != nil && !holds[e.Name] {
			return false, fmt.Errorf("tensor %s is not in %s for this file", e.Name, fileIndex)
		}
		return w.wanted(e)
	})
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrBase, name, err)
	}
	if holds == nil {
		w.numerics = metadata["numerics"]
	}
	for n, t := range tensors {
		x := tensor{t.Shape, t.Data}
		if n == headName && w.tied {
			w.head = &x
			continue
		}
		w.got[n], w.types[n] = x, t.Type
	}
	for n := range holds {
		if _, ok := tensors[n]; !ok && !ignored(n) {
			return fmt.Errorf("%w: %s: no tensor %s, which %s says is there", ErrBase, name, n, fileIndex)
		}
	}
	return nil
}

func (w *weights) wanted(e safetensors.Entry) (bool, error) {
	if ignored(e.Name) {
		return false, nil
	}
	shape, ok := w.want[e.Name]
	if w.tied && e.Name == headName {
		shape, ok = w.want[embedName], true
	}
	if !ok {
		return false, fmt.Errorf("tensor %s is none that config.json tells of", e.Name)
	}
	if !slices.Equal(e.Shape, shape) {
		return false, fmt.Errorf("tensor %s has shape %v, want %v", e.Name, e.Shape, shape)
	}
	return true, nil
}

// ignored tells whether a tensor is a table that old files keep and that is
// computed from config.json.
func ignored(name string) bool { return strings.HasSuffix(name, ".rotary_emb.inv_freq") }

// sameHead: a tied model's head, if it is kept, is its embedding.
func (w *weights) sameHead() error {
	if w.head != nil && !slices.Equal(w.head.data, w.got[embedName].data) {
		return fmt.Errorf("%w: %s differs from %s, and tie_word_embeddings is true: set it to false", ErrBase, headName, embedName)
	}
	return nil
}

func (w *weights) readShards(dir fs.FS) error {
	data, err := readFile(dir, fileIndex)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: neither %s nor %s is there, and pickled weights are never read: %w", ErrBase, fileWeights, fileIndex, fs.ErrNotExist)
	}
	if err != nil {
		return err
	}
	var index struct {
		Map map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrBase, fileIndex, err)
	}
	files := map[string]map[string]bool{}
	for name, file := range index.Map {
		if file != path.Base(file) || !fs.ValidPath(file) || file == "." {
			return fmt.Errorf("%w: %s: tensor %s is in %q, which is no file of this folder", ErrBase, fileIndex, name, file)
		}
		if files[file] == nil {
			files[file] = map[string]bool{}
		}
		files[file][name] = true
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if err := w.read(dir, file, files[file]); err != nil {
			return err
		}
	}
	return nil
}

// parts are the files of the base: how each is written, and in which order.
func (b *Base) parts() ([]string, map[string]func(io.Writer) error, error) {
	file := b.file
	file.Config, file.Type = b.config, cmp.Or(b.config.Type, Llama)
	config, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, nil, fmt.Errorf("config: %w", err)
	}
	words, err := json.Marshal(b.tokenizer)
	if err != nil {
		return nil, nil, fmt.Errorf("tokenizer: %w", err)
	}
	small := maps.Clone(b.others)
	if small == nil {
		small = map[string][]byte{}
	}
	small[fileConfig], small[fileTokenizer] = append(config, '\n'), words
	parts := map[string]func(io.Writer) error{fileWeights: b.writeWeights}
	for name, data := range small {
		parts[name] = bytesTo(data)
	}
	return slices.Sorted(maps.Keys(parts)), parts, nil
}

func (b *Base) writeWeights(w io.Writer) error {
	tensors := map[string]safetensors.Tensor{}
	for name, t := range b.weights {
		tensors[name] = safetensors.Tensor{Type: cmp.Or(b.types[name], safetensors.BF16), Shape: t.shape, Data: t.data}
	}
	metadata := map[string]string{"format": "pt"}
	if b.numerics != "" {
		metadata["numerics"] = b.numerics
	}
	return safetensors.Write(w, tensors, metadata)
}

// digestOf is the SHA-256 of the list of files and their SHA-256.
func (b *Base) digestOf() (Digest, error) {
	names, parts, err := b.parts()
	if err != nil {
		return Digest{}, err
	}
	all := sha256.New()
	for _, name := range names {
		one := sha256.New()
		if err := parts[name](one); err != nil {
			return Digest{}, fmt.Errorf("%s: %w", name, err)
		}
		_, _ = fmt.Fprintf(all, "%s %x\n", name, one.Sum(nil)) // a hash never fails
	}
	return Digest(all.Sum(nil)), nil
}

// Save writes the base's files into dir.
func (b *Base) Save(dir string) error {
	names, parts, err := b.parts()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // a base is public
		return fmt.Errorf("save base: %w", err)
	}
	for _, name := range names {
		if err := writeFile(filepath.Join(dir, name), 0o644, parts[name]); err != nil {
			return fmt.Errorf("save base: %w", err)
		}
	}
	return nil
}

func bytesTo(data []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(data); return err }
}

// writeFile writes beside the place and renames, so that a file appears whole.
func writeFile(name string, mode fs.FileMode, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already if all went well
	if err := errors.Join(write(f), f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
