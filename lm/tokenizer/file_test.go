package tokenizer_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"licet/lm/tokenizer"
)

// tiny is a byte-level tokenizer of three letters, two merges and one added
// token; %s stand for whole fields.
const tiny = `{"version":"1.0","added_tokens":[{"id":5,"content":"<|end|>","special":true}],"normalizer":null,
"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"post_processor":null,"decoder":{"type":"ByteLevel"},
"model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2,"ab":3,"abc":4},"merges":["a b",["ab","c"]]}}`

func TestATinyFileIsRead(t *testing.T) {
	tok, err := tokenizer.Read([]byte(tiny))
	if err != nil {
		t.Fatal(err)
	}
	ids := tok.EncodeMarked("abcab<|end|>xa") // x has no id and no unk_token stands for it
	if got, want := tok.Decode(ids), "abcaba"; got != want || len(ids) != 4 || ids[0] != 4 || ids[2] != 5 {
		t.Errorf("got %v, %q; want 4 ids, %q", ids, got, want)
	}
	data, err := json.Marshal(tok)
	if err != nil {
		t.Fatal(err)
	}
	again, err := tokenizer.Read(data)
	if err != nil || again.Vocab() != tok.Vocab() {
		t.Errorf("what was written is not read: %v", err)
	}
}

// TestDamagedFiles: each error names the field and what is wrong with it.
func TestDamagedFiles(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"not JSON", `{"version"`, `{version`, "not JSON"},
		{"cut off", `["ab","c"]]}}`, `["ab"`, "not JSON"},
		{"no model", `"model":`, `"modell":`, `"model" is missing`},
		{"another model", `"type":"BPE"`, `"type":"Unigram"`, `model: type "Unigram"`},
		{"no vocabulary", `"vocab":{"a":0,"b":1,"c":2,"ab":3,"abc":4},`, ``, `"vocab" is missing`},
		{"a merge of an unknown token", `"a b"`, `"a z"`, `merge 0 joins "z"`},
		{"a merge into an unknown token", `"a b"`, `"b a"`, `merge 0 makes "ba"`},
		{"a merge of one", `"a b"`, `"ab"`, "a merge is neither"},
		{"a merge of three", `["ab","c"]`, `["a","b","c"]`, "a merge is neither"},
		{"a merge that is a number", `"a b"`, `7`, "model: BPE"},
		{"an id twice", `"c":2`, `"c":1`, `"b" and "c" have the same id 1`},
		{"a name twice", `"b":1`, `"a":1`, `duplicate`},
		{"a hole", `"id":5`, `"id":6`, `token "<|end|>" has id 6, but there are only 6`},
		{"a negative id", `"a":0`, `"a":-1`, `token "a" has id -1`},
		{"an absurd id", `"a":0`, `"a":99999999999`, "model: BPE"},
		{"an added token with another id", `"content":"<|end|>"`, `"content":"ab"`, `token "ab" has id 5 here, but 3`},
		{"an added token without a name", `"content":"<|end|>"`, `"content":""`, "token 5 has 0 bytes"},
		{"an added id twice", `"special":true}`, `"special":true},{"id":5,"content":"x"}`, "id 5 stands twice"},
		{"dropout", `"merges"`, `"dropout":0.1,"merges"`, "dropout 0.1"},
		{"a prefix", `"merges"`, `"continuing_subword_prefix":"##","merges"`, "continuing_subword_prefix"},
		{"a suffix", `"merges"`, `"end_of_word_suffix":"</w>","merges"`, "end_of_word_suffix"},
		{"an unknown unk_token", `"merges"`, `"unk_token":"<unk>","merges"`, `unk_token "<unk>"`},
		{"another normalizer", `"normalizer":null`, `"normalizer":{"type":"BertNormalizer"}`, `normalizer: type "BertNormalizer"`},
		{"a normalizer without pattern", `"normalizer":null`, `"normalizer":{"type":"Replace","content":""}`, "String or a Regex"},
		{"another pre-tokenizer", `{"type":"ByteLevel","add_prefix_space":false}`, `{"type":"Whitespace"}`, `pre_tokenizer: type "Whitespace"`},
		{"after bytes", `{"type":"ByteLevel","add_prefix_space":false}`, `{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Digits"}]}`, "Digits after ByteLevel"},
		{"a sequence without list", `{"type":"ByteLevel","add_prefix_space":false}`, `{"type":"Sequence"}`, `"pretokenizers"`},
		{"a sequence of nothing", `{"type":"ByteLevel","add_prefix_space":false}`, `{"type":"Sequence","pretokenizers":[null]}`, "holds null"},
		{"a bad pattern", `{"type":"ByteLevel","add_prefix_space":false}`, `{"type":"Split","behavior":"Isolated","pattern":{"Regex":"(a"}}`, "the regular expression"},
		{"a foreign pattern", `{"type":"ByteLevel","add_prefix_space":false}`, `{"type":"Split","behavior":"Isolated","pattern":{"Regex":"\\h++"}}`, "not supported"},
		{"another behaviour", `{"type":"ByteLevel","add_prefix_space":false}`, `{"type":"Split","behavior":"Gone","pattern":{"String":"a"}}`, `behavior "Gone"`},
		{"a Metaspace without sign", `{"type":"ByteLevel","add_prefix_space":false}`, `{"type":"Metaspace"}`, "replacement"},
		{"another scheme", `{"type":"ByteLevel","add_prefix_space":false}`, `{"type":"Metaspace","replacement":"_","prepend_scheme":"twice"}`, `"twice"`},
		{"another post-processor", `"post_processor":null`, `"post_processor":{"type":"BertProcessing"}`, `post_processor: type "BertProcessing"`},
		{"a template without text", `"post_processor":null`, `"post_processor":{"type":"TemplateProcessing","single":[]}`, "no sequence A"},
		{"a template of an unknown token", `"post_processor":null`, `"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}]}`, `token "<s>"`},
		{"a template of an absurd id", `"post_processor":null`, `"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[99]}}}`, "id 99"},
		{"no decoder", `"decoder":{"type":"ByteLevel"}`, `"decoder":null`, "decoder is missing"},
		{"another decoder", `"decoder":{"type":"ByteLevel"}`, `"decoder":{"type":"WordPiece"}`, `decoder: type "WordPiece"`},
		{"a Strip before Fuse", `"decoder":{"type":"ByteLevel"}`, `"decoder":{"type":"Strip","content":" ","start":1,"stop":0}`, "Strip"},
		{"another version of ours", `"version":"1.0"`, `"version":"licet-bpe-1"`, "specials are"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := strings.Replace(tiny, c.old, c.new, 1)
			if data == tiny {
				t.Fatalf("%q is not in the file", c.old)
			}
			_, err := tokenizer.Read([]byte(data))
			if !errors.Is(err, tokenizer.ErrTokenizer) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestDeepSequencesAreRefused(t *testing.T) {
	deep := `{"type":"ByteLevel"}`
	for range 20 {
		deep = `{"type":"Sequence","pretokenizers":[` + deep + `]}`
	}
	_, err := tokenizer.Read([]byte(strings.Replace(tiny, `{"type":"ByteLevel","add_prefix_space":false}`, deep, 1)))
	if !errors.Is(err, tokenizer.ErrTokenizer) || !strings.Contains(err.Error(), "nest deeper") {
		t.Errorf("got %v", err)
	}
}

// FuzzRead: whatever is read can be used and written.
func FuzzRead(f *testing.F) {
	f.Add([]byte(tiny), "abc")
	for _, s := range []string{
		`{"version":"licet-bpe-1","specials":["<|end|>","<|start|>"],"merges":[[99,100]]}`,
		strings.Replace(tiny, `"normalizer":null`, `"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Prepend","prepend":"b"},{"type":"Replace","pattern":{"Regex":"a+"},"content":"c"}]}`, 1),
		strings.Replace(tiny, `{"type":"ByteLevel","add_prefix_space":false}`, `{"type":"Sequence","pretokenizers":[{"type":"Split","behavior":"MergedWithNext","pattern":{"Regex":"b|(?=c)"},"invert":true},{"type":"Metaspace","replacement":"c","prepend_scheme":"first","split":true},{"type":"Digits","individual_digits":true}]}`, 1),
		strings.Replace(tiny, `"decoder":{"type":"ByteLevel"}`, `"decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"a"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}`, 1),
		strings.Replace(tiny, `"merges"`, `"unk_token":"c","fuse_unk":true,"byte_fallback":true,"ignore_merges":true,"merges"`, 1),
		strings.Replace(tiny, `"post_processor":null`, `"post_processor":{"type":"Sequence","processors":[{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[5]}}}]}`, 1),
	} {
		f.Add([]byte(s), "abc cab 12 <|end|>")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		tok, err := tokenizer.Read(data)
		if err != nil {
			if !errors.Is(err, tokenizer.ErrTokenizer) {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		for _, id := range append(tok.EncodeMarked(text), tok.Document(text)...) {
			if id < 0 || int(id) >= tok.Vocab() {
				t.Errorf("token %d of %d", id, tok.Vocab())
			}
		}
		tok.Decode(tok.Encode(text))
		file, err := json.Marshal(tok)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tokenizer.Read(file); err != nil {
			t.Errorf("what was written is not read: %v", err)
		}
	})
}
