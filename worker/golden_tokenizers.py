"""Makes the golden vectors of lm/tokenizer and lm/chat with Hugging Face's own libraries.

    python worker/golden_tokenizers.py SHARED/data lm

It trains one small tokenizer in the style of each model (GPT-2, SmolLM2, Llama 3, Qwen 2.5, Llama 2) on
public-domain speeches (nltk_pd) and novels (eltec_fra) and on code of this project, and writes for each what the library makes
of 10,000 lines: a digest of each line's ids, and the ids themselves for lines that are meant to be difficult.
Then it lets transformers render the chat templates in lm/chat/testdata. The same input gives the same files.
"""

import base64
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import zipfile

import tokenizers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
LLAMA3 = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
SIZE = 1400


def of_zip(path):
    """The lines of the texts in a zip file that are UTF-8 and not empty, in order of name."""
    with zipfile.ZipFile(path) as z:
        for name in sorted(n for n in z.namelist() if n.endswith(".txt")):
            for line in z.read(name).split(b"\n"):
                try:
                    line = line.decode()
                except UnicodeDecodeError:
                    continue
                if line.strip():
                    yield line


def of_novels(folder, first, last):
    """At most 400 lines of each novel from the first-th to the last-th in order of name."""
    for path in sorted(folder.glob("*.txt"))[first:last]:
        n = 0
        for line in path.read_bytes().decode().split("\n"):
            if line.strip() and n < 400:
                n += 1
                yield line


def take(lines, n):
    out = []
    for line in lines:
        if len(out) == n:
            break
        out.append(line)
    assert len(out) == n, len(out)
    return out


def corpora(data, code):
    return {
        "english": take(of_zip(data / "nltk_pd/state_union.zip"), 3300),
        "french": take(of_novels(data / "eltec_fra/plain1", 60, 100), 3300),
        "code": take(code, 3400),
    }


def training(data, code):
    yield from of_zip(data / "nltk_pd/inaugural.zip")
    yield from of_novels(data / "eltec_fra/plain1", 0, 20)
    yield from code


def byte_level(lines, cut, specials, normalizer=None, size=SIZE):
    t = Tokenizer(models.BPE())
    if normalizer:
        t.normalizer = normalizer
    t.pre_tokenizer = cut
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=specials, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    t.train_from_iterator(lines, trainer)
    return t


def old_merges(f):
    f["model"]["merges"] = [" ".join(m) for m in f["model"]["merges"]]


def gpt2(lines):
    t = byte_level(lines, pre_tokenizers.ByteLevel(add_prefix_space=False), ["<|endoftext|>"])
    f = json.loads(t.to_str())
    f["added_tokens"][0]["normalized"] = True
    old_merges(f)
    return f


def smollm2(lines):
    cut = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return json.loads(byte_level(lines, cut, ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>"]).to_str())


def llama3(lines):
    cut = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t = byte_level(lines, cut, [])
    f = json.loads(t.to_str())
    for word in ["Ġnevertheless", "ĠÃ©videmment", "func", "ĊĊĊĊ", "12"]:  # whole words that no merge makes
        f["model"]["vocab"].setdefault(word, len(f["model"]["vocab"]))
    f["model"]["ignore_merges"] = True
    old_merges(f)
    t = Tokenizer.from_str(json.dumps(f))
    names = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    t.add_special_tokens(names)
    t.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|> $B:1",
                                      special_tokens=[("<|begin_of_text|>", t.token_to_id("<|begin_of_text|>"))]),
    ])
    f = json.loads(t.to_str())
    old_merges(f)
    return f


def qwen25(lines):
    cut = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN2), "isolated"),
                                   pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)])
    t = byte_level(lines, cut, [], normalizers.NFC())
    t.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    t.add_tokens([tokenizers.AddedToken(n, normalized=False, special=False) for n in ["<tool_call>", "</tool_call>"]])
    return json.loads(t.to_str())


def llama2(lines):
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    t.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=SIZE - 256, limit_alphabet=120, show_progress=False,
                                                     special_tokens=["<unk>", "<s>", "</s>"]))
    f = json.loads(t.to_str())
    names = sorted(f["model"]["vocab"], key=f["model"]["vocab"].get)
    names = names[:3] + [f"<0x{b:02X}>" for b in range(256)] + names[3:]
    f["model"]["vocab"] = {n: i for i, n in enumerate(names)}
    f["pre_tokenizer"] = None
    t = Tokenizer.from_str(json.dumps(f))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    return json.loads(t.to_str())


STYLES = {"gpt2": gpt2, "smollm2": smollm2, "llama3": llama3, "qwen25": qwen25, "llama2": llama2}


def split(pattern, behavior, invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def sequence(field, *parts):
    return {"type": "Sequence", field: list(parts)}


def variants():
    """Other settings, as changes of fields of the gpt2 style."""
    plain = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    out = {
        "no pre-tokenizer but bytes": {"pre_tokenizer": plain},
        "a space before the text": {"pre_tokenizer": plain | {"add_prefix_space": True, "use_regex": True}},
        "a space before every part": {"pre_tokenizer": sequence("pretokenizers", {"type": "Digits", "individual_digits": False}, plain | {"add_prefix_space": True})},
        "runs of digits": {"pre_tokenizer": sequence("pretokenizers", {"type": "Digits", "individual_digits": False}, plain | {"use_regex": True})},
    }
    for behavior in ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]:
        for pattern in [{"String": " "}, {"Regex": r"\p{P}|\s"}, {"Regex": r"(?i)[aeiouyé]+"}]:
            for invert in [False, True]:
                name = f"{behavior} {json.dumps(pattern)}{' inverted' if invert else ''}"
                out[name] = {"pre_tokenizer": sequence("pretokenizers", split(pattern, behavior, invert), plain)}
    out["another order of words"] = {"pre_tokenizer": sequence(
        "pretokenizers", split({"Regex": r"\p{Lu}?\p{Ll}+|\p{N}{1,2}(?=\p{L})|[^\S\r\n]+(?!\S)"}, "Isolated"),
        {"type": "Digits", "individual_digits": True}, plain)}
    for form in ["NFC", "NFD", "NFKC", "NFKD"]:
        out[form] = {"normalizer": {"type": form}}
    out["normalizers in a row"] = {"normalizer": sequence(
        "normalizers", {"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": r"[ \t]+"}, "content": " "},
        {"type": "Replace", "pattern": {"String": "é"}, "content": "e"}, {"type": "Prepend", "prepend": "_"})}
    special = {"id": 0, "content": "<|endoftext|>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    for flag in ["single_word", "lstrip", "rstrip", "normalized"]:
        extra = [{"id": SIZE, "content": "the", "special": False}, {"id": SIZE + 1, "content": "<|x|>", "special": True},
                 {"id": SIZE + 2, "content": "<|x|><|", "special": False}, {"id": SIZE + 3, "content": "été", "special": False}]
        flags = {f: f == flag for f in ["single_word", "lstrip", "rstrip", "normalized"]}
        out["added tokens, " + flag] = {"normalizer": {"type": "NFC"}, "added_tokens": [special] + [t | flags for t in extra]}
    return out


def meta_variants():
    """Other settings, as changes of fields of the llama2 style."""
    out = {}
    for scheme in ["always", "first", "never"]:
        for cut in [False, True]:
            meta = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": cut}
            out[f"metaspace {scheme} {cut}"] = {"normalizer": None, "pre_tokenizer": meta, "decoder": sequence(
                "decoders", {"type": "ByteFallback"}, meta)}
    return out


def changed(f, change, fields=None):
    f = json.loads(json.dumps(f))
    f.update(change)
    f["model"].update(fields or {})
    return f


def digest(ids):
    return hashlib.sha256(struct.pack(f"<{len(ids)}i", *ids)).digest()


def encode(t, text, marked=False, whole=False):
    t.encode_special_tokens = not marked
    return t.encode(text, add_special_tokens=whole).ids


def characters(t):
    """A digest for each 4,096 characters of Unicode's first four planes, each inside text of several kinds."""
    out = []
    for block in range(0, 0x32400, 4096):
        chars = [chr(c) for c in range(block, block + 4096) if not 0xD800 <= c < 0xE000]
        lines = [f"a{c}b {c} 1{c} '{c}" for c in chars]
        out.append(hashlib.sha256(b"".join(digest(e.ids) for e in t.encode_batch_fast(lines, add_special_tokens=False))).digest()[:4])
    return base64.b64encode(b"".join(out)).decode()


def vectors(t, lines, hard):
    out = {"characters": characters(t), "lines": {}, "hard": []}
    for name, list_ in lines.items():
        out["lines"][name] = base64.b64encode(b"".join(digest(encode(t, line))[:4] for line in list_)).decode()
    for text in hard:
        ids = encode(t, text)
        out["hard"].append({"plain": ids, "marked": encode(t, text, marked=True), "whole": encode(t, text, whole=True), "text": t.decode(ids)})
    return out


def write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def make_tokenizers(data, out):
    folder = out / "tokenizer/testdata"
    code = [line for line in (folder / "code.txt").read_text(encoding="utf-8").split("\n") if line]
    hard = json.loads((folder / "hard.json").read_text(encoding="utf-8"))
    lines = corpora(data, code)
    sources = {k: hashlib.sha256("\n".join(v).encode()).hexdigest() for k, v in lines.items()}
    train = list(training(data, code))
    for style, make in STYLES.items():
        f = make(train)
        write(folder / f"{style}.json", f)
        t = Tokenizer.from_str(json.dumps(f))
        write(folder / f"{style}.golden", {"tokenizers": tokenizers.__version__, "sources": sources, **vectors(t, lines, hard)})
    short = {}
    for style, table in [("gpt2", variants()), ("llama2", meta_variants())]:
        base = json.loads((folder / f"{style}.json").read_text(encoding="utf-8"))
        for name, change in table.items():
            t = Tokenizer.from_str(json.dumps(changed(base, change)))
            rows = []
            for text in hard:
                ids = [encode(t, text), encode(t, text, marked=True)]
                rows.append(digest(ids[0] + [-1] + ids[1])[:4])
            short[name] = {"style": style, "change": change, "hard": base64.b64encode(b"".join(rows)).decode()}
    write(folder / "variants.golden", {"tokenizers": tokenizers.__version__, "variants": short})


def published(cases, chat_template_utils):
    """Digests of what published templates make: those in the tests of the Go library, which are not ours to copy."""
    import jinja2

    place = subprocess.run(["go", "list", "-m", "-f", "{{.Dir}}", "github.com/ardanlabs/jinja"], check=True, capture_output=True, text=True).stdout.strip()
    out = {}
    for path in sorted(pathlib.Path(place, "testdata/templates").glob("*.jinja")):
        source = path.read_bytes()
        t = chat_template_utils._compile_jinja_template(source.decode())
        rows = []
        for case in cases:
            try:
                text = t.render(messages=case["messages"], add_generation_prompt=case["prompt"], bos_token="<s>", eos_token="</s>")
                rows.append(hashlib.sha256(text.encode()).hexdigest()[:16])
            except jinja2.exceptions.TemplateError:
                rows.append(None)
        out[path.name] = {"sha256": hashlib.sha256(source).hexdigest(), "texts": rows}
    return out


def make_chats(folder):
    """What transformers makes of each list of messages with each template; null where it refuses."""
    import datetime

    import jinja2
    import transformers
    from transformers.utils import chat_template_utils

    class Day(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 3, 9, 14, 5, 7)

    chat_template_utils.datetime = Day
    cases = json.loads((folder / "messages.json").read_text(encoding="utf-8"))
    results = {}
    for path in sorted((folder / "templates").glob("*.jinja")):
        t = transformers.PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), bos_token="<s>", eos_token="</s>",
                                                 chat_template=path.read_bytes().decode())
        rows = []
        for case in cases:
            try:
                rows.append(t.apply_chat_template(case["messages"], add_generation_prompt=case["prompt"], tokenize=False))
            except jinja2.exceptions.TemplateError:
                rows.append(None)
        results[path.name] = rows
    tokens = {}
    for style, (start, end) in {"llama2": ("<s>", "</s>"), "llama3": ("<|begin_of_text|>", "<|eot_id|>"), "smollm2": ("<|im_start|>", "<|im_end|>"),
                                "qwen25": ("<|endoftext|>", "<|im_end|>")}.items():
        t = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder.parent.parent / f"tokenizer/testdata/{style}.json"), bos_token=start, eos_token=end,
                                                 chat_template=(folder / f"templates/{style}.jinja").read_bytes().decode())
        tokens[style] = []
        for case, text in zip(cases, results[f"{style}.jinja"]):
            if text is None:
                tokens[style].append(None)
                continue
            ids = t.apply_chat_template(case["messages"], add_generation_prompt=case["prompt"], return_dict=False)
            tokens[style].append(digest(ids).hex()[:16])
    write(folder / "tokens.json", {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__, "results": tokens})
    write(folder / "published.json", {"transformers": transformers.__version__, "jinja2": jinja2.__version__, "results": published(cases, chat_template_utils)})
    write(folder / "golden.json", {"transformers": transformers.__version__, "jinja2": jinja2.__version__, "day": "2026-03-09T14:05:07Z", "results": results})


def main():
    data, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    make_tokenizers(data, out)
    make_chats(out / "chat/testdata")


if __name__ == "__main__":
    main()
