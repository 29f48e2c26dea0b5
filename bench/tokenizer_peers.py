"""Measures lm/tokenizer and Hugging Face's tokenizers in turn, on the same 10,000 lines, one thread each.

    python bench/tokenizer_peers.py SHARED/data

It needs the Python package tokenizers (a version is printed with the result) and go. In every round the library and
the Go benchmark encode all lines with the same file in the style of each model; the best of the rounds counts, because
others may be using the machine. Results are megabytes of text per second.
"""

import os

os.environ.update(TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1")

import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

import tokenizers

STYLES = ["gpt2", "smollm2", "llama3", "qwen25", "llama2"]
ROUNDS = 4


def lines_of(data):
    spec = importlib.util.spec_from_file_location("golden", ROOT / "worker/golden_tokenizers.py")
    golden = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(golden)
    code = (ROOT / "lm/tokenizer/testdata/code.txt").read_text(encoding="utf-8").split("\n")
    return [line for part in golden.corpora(data, [line for line in code if line]).values() for line in part]


def library(t, lines, size):
    start = time.perf_counter()
    t.encode_batch_fast(lines, add_special_tokens=False)
    return size / 1e6 / (time.perf_counter() - start)


def ours(program, style, shared):
    out = subprocess.run([program, "-test.run=^$", f"-test.bench=^BenchmarkEncode$/^{style}$", "-test.benchtime=400ms", "-test.cpu=1"],
                         cwd=ROOT / "lm/tokenizer", env=os.environ | {"LICET_SHARED": str(shared)}, check=True, capture_output=True, text=True).stdout
    return float(re.search(r"([\d.]+) MB/s", out).group(1))


def main():
    data = pathlib.Path(sys.argv[1]).resolve()
    lines = lines_of(data)
    size = sum(len(line.encode()) for line in lines)
    best = {style: [0.0, 0.0] for style in STYLES}
    with tempfile.TemporaryDirectory() as tmp:
        program = str(pathlib.Path(tmp) / "tokenizer.test")
        subprocess.run(["go", "test", "-c", "-o", program, "./lm/tokenizer"], cwd=ROOT, check=True)
        files = {s: tokenizers.Tokenizer.from_file(str(ROOT / f"lm/tokenizer/testdata/{s}.json")) for s in STYLES}
        for _ in range(ROUNDS):
            for style in STYLES:
                best[style][0] = max(best[style][0], library(files[style], lines, size))
                best[style][1] = max(best[style][1], ours(program, style, data.parent))
    for style, (a, b) in best.items():
        print(json.dumps({"style": style, "bytes": size, "tokenizers": tokenizers.__version__, "library_mb_s": round(a, 2), "ours_mb_s": round(b, 2), "ratio": round(b / a, 2)}))


if __name__ == "__main__":
    main()
