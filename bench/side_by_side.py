"""Measures Licet and what it is compared with in one run, on one core, on the same texts, and
prints one table. `make bench-peers` calls it with everything in place:

    python3 bench/side_by_side.py SPEED PYTHON SHARED/data [--mb 5] [--presidio-mb 1]

SPEED is the program of bench/speed, PYTHON the interpreter that has the peers (`make peers`).
Every process is bound to one core and measured in processor seconds, after its models are loaded. Each
peer reads its megabytes once, and Licet the same megabytes as often as fills two seconds. F1 is on
the scoring half of presidio_research (docs/splits.md), over its nine labels that Licet redacts
too; Presidio has no recogniser of street addresses, so F1 without them stands beside.
Ends with 1 where Licet misses a goal: 25 times datatrove, 200 times Presidio with its model, and a
higher F1 than Presidio's.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def results(*command):
    """The JSON objects among the lines that a command prints."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("speed")
    parser.add_argument("python")
    parser.add_argument("data")
    parser.add_argument("--mb", type=float, default=5, help="megabytes of text for signatures")
    parser.add_argument("--presidio-mb", type=float, default=1, help="megabytes of text for redaction")
    args = parser.parse_args()
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})  # and with it every process that is started here

    peers = HERE / "peers.py"
    with tempfile.TemporaryDirectory() as tmp:
        texts = pathlib.Path(tmp) / "texts.jsonl"
        sampled = subprocess.run([args.python, HERE / "sample.py", args.data, texts, str(max(args.mb, args.presidio_mb) + 1)], check=True, stdout=subprocess.PIPE, text=True)
        print(f"Texts: {sampled.stdout.strip()}; on core {core} alone.")
        speeds = [
            *results(args.speed, "sign", texts, args.mb),
            *results(args.python, peers, "speed", texts, "--peers", "datatrove", "--mb", args.mb),
            *results(args.speed, "redact", texts, args.presidio_mb),
            *results(args.python, peers, "speed", texts, "--peers", "presidio,patterns", "--presidio-mb", args.presidio_mb),
        ]
    f1 = {r["peer"]: r["f1"] for r in [*results(args.speed, "score", args.data), *results(args.python, peers, "score", args.data)]}
    sys.exit(report(speeds, f1))


def report(speeds, f1):
    sign, datatrove, redact, presidio, patterns = speeds
    print("| | text | CPU s | MB per CPU s | Licet is so many times as fast | F1 | F1 without addresses |")
    print("|---|---|---|---|---|---|---|")
    for r, ours in ((sign, sign), (datatrove, sign), (redact, redact), (presidio, redact), (patterns, redact)):
        ratio = f"{ours['mb_per_cpu_second'] / r['mb_per_cpu_second']:.0f}" if r is not ours else ""
        score = f1.get(r["peer"], {})
        columns = [f"{score[k]:.3f}" if k in score else "" for k in ("all nine", "all but address")]
        times = f" × {r['rounds']}" if r.get("rounds", 1) > 1 else ""
        print(f"| {r['peer']} | {r['bytes'] / 1e6:.2f} MB, {r['texts']} texts{times} | {r['cpu_seconds']:.2f} | {r['mb_per_cpu_second']:.3g} | {ratio} | {' | '.join(columns)} |")
    missed = []
    if sign["mb_per_cpu_second"] < 25 * datatrove["mb_per_cpu_second"]:
        missed.append("25 times datatrove's signatures")
    if redact["mb_per_cpu_second"] < 200 * presidio["mb_per_cpu_second"]:
        missed.append("200 times Presidio")
    for k in ("all nine", "all but address"):
        missed += [f"an F1 above that of {p['peer']}, {k}" for p in (presidio, patterns) if f1[redact["peer"]][k] <= f1[p["peer"]][k]]
    print("Goals missed: " + "; ".join(missed) if missed else "Every goal is reached: 25 times datatrove, 200 times Presidio, at a higher F1.")
    return 1 if missed else 0


if __name__ == "__main__":
    main()
