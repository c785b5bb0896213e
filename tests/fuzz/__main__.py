"""Random documents from a seed: `make fuzz`, or `python -m tests.fuzz --seed 7 --count 100`.

The exit code is 1 where a document broke a promise; how to run that one alone is printed with it.
"""

import argparse
import sys
import time
from collections import Counter

from tests.fuzz.corpus import load
from tests.fuzz.documents import make
from tests.fuzz.workers import Judged, judge_all


def main(arguments: list[str]) -> int:
    """Run and tell; with one document its text is told too."""
    options = _options(arguments)
    seed = options.seed or str(time.time_ns() % 10**9)
    corpus = load(recorded=not options.own)
    write = sys.stdout.write
    write(f"seed {seed}: {options.count} documents out of {corpus.size} definitions\n")
    sys.stdout.flush()
    if options.count == 1:
        document = make(seed, options.first, corpus)
        write(f"{document.text[:20_000]}\n{document.input_text[:2_000]}\n")
    ends: Counter[str] = Counter()
    slowest = largest = 0.0
    begun = time.monotonic()
    for judged in judge_all(seed, range(options.first, options.first + options.count), corpus):
        verdict = judged.verdict
        ends[f"{verdict.end} {verdict.status}".strip()] += 1
        slowest, largest = max(slowest, judged.seconds), max(largest, judged.bytes)
        if verdict.end == "FAULT":
            write(told(judged, seed, own=options.own))
            sys.stdout.flush()
    for end, count in ends.most_common():
        write(f"{count:7} {end}\n")
    write(f"slowest {slowest:.2f} s, largest {int(largest) >> 20} MiB\n")
    write(f"{time.monotonic() - begun:.0f} s in all\n")
    return 1 if ends["FAULT"] else 0


def told(judged: Judged, seed: str, *, own: bool) -> str:
    """A fault, and how to have it again."""
    again = f"make fuzz SEED={seed} FIRST={judged.number} COUNT=1"
    if own:
        again = f"python -m tests.fuzz --own --seed {seed} --first {judged.number} --count 1"
    return f"FAULT in a {judged.kind} document: {judged.verdict.detail}\n  again: {again}\n"


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", default="", help="any text; a new one each time without")
    parser.add_argument("--first", type=int, default=0, help="the number of the first document")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--own", action="store_true", help="leave recorded definitions out")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
