"""Loads each folder that it is given as anybody would, and prints what came: one line of JSON for
its splits and features, then one for each row."""

import json
import sys

import datasets

datasets.disable_progress_bars()
for folder in sys.argv[1:]:
    loaded = datasets.load_dataset(folder)
    info = loaded["train"].info
    print(json.dumps({
        "version": datasets.__version__,
        "splits": {name: len(rows) for name, rows in loaded.items()},
        "stated": {name: split.num_examples for name, split in datasets.load_dataset_builder(folder).info.splits.items()},
        "features": {name: repr(kind) for name, kind in loaded["train"].features.items()},
        "licence": info.license,
    }))
    for row in loaded["train"]:
        print(json.dumps(row))
    first = next(iter(datasets.load_dataset(folder, split="train", streaming=True)))
    if first != loaded["train"][0]:
        sys.exit("the first row of the stream is another one")
