"""Writes the input of the benchmarks: real short texts, one JSON object {"text": …} a line.

    python3 bench/sample.py SHARED/data OUT.jsonl [MEGABYTES]

The texts are the paragraphs of digitalgov's posts, polis' comments and the posts of the
conlang meta site, then the sentences of those paragraphs, until the size is reached. They stand
in the order of their SHA-256, so that any beginning of the file is a fair sample of it. The same
data gives the same bytes.
"""

import csv
import hashlib
import html
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ET


def paragraphs(data: pathlib.Path):
    for path in sorted((data / "digitalgov" / "content").rglob("*.md")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if text.startswith("---"):
            text = text.split("\n---", 1)[-1]
        yield from re.split(r"\n\s*\n", text)
    for path in sorted((data / "polis").glob("*/comments.csv")):
        with path.open(encoding="utf-8", newline="") as f:
            for row in csv.DictReader(f):
                yield row["comment-body"]
    for row in ET.parse(data / "se_conlang_meta" / "data" / "Posts.xml").getroot():
        body = html.unescape(re.sub(r"<[^>]+>", " ", row.get("Body", "")))
        yield from re.split(r"\n\s*\n", body)


def main():
    data, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    limit = int(float(sys.argv[3] if len(sys.argv) > 3 else 20) * 1e6)
    whole = dict.fromkeys(" ".join(p.split()) for p in paragraphs(data))
    texts = {t: None for t in whole if len(t) > 2}
    size = sum(len(t.encode()) for t in texts)
    for t in list(texts):
        for s in re.split(r"(?<=[.!?])\s+", t):
            if size >= limit:
                break
            if len(s) > 20 and s not in texts:
                texts[s] = None
                size += len(s.encode())
    ordered = sorted(texts, key=lambda t: hashlib.sha256(t.encode()).digest())
    written = n = 0
    with out.open("w", encoding="utf-8") as f:
        for t in ordered:
            if written >= limit:
                break
            f.write(json.dumps({"text": t}, ensure_ascii=False) + "\n")
            written += len(t.encode())
            n += 1
    print(f"{n} texts, {written} bytes of text, {hashlib.sha256(out.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
