"""Chaos for as long as told: `make soak FOR=10m`, or one scenario: `make soak SEED=123`.

The exit code is 1 where an execution did not end as it must; how to have that again is printed.
"""

import argparse
import logging
import multiprocessing
import re
import sys
import time
from collections.abc import Callable
from functools import partial

from tests.chaos.plans import Plan
from tests.chaos.seeds import report, report_of_seed, report_quietly
from tests.chaos.stored_flows import STORED_FLOWS
from tests.chaos.stored_play import report_of_stored_seed, report_stored
from tests.chaos.wait_kinds import WAITS, report_of_wait

BATCH = 1000
CHUNK = 20
DEFAULT_SECONDS = 600.0
UNITS = {"s": 1, "m": 60, "h": 3600}


def main(arguments: list[str]) -> int:
    """Play what is asked for and tell; the exit code."""
    options = _options(arguments)
    logging.disable(logging.CRITICAL)  # what the faults make the operator say
    if options.plan:
        plan = Plan.parse(options.plan)
        return _tell(report_stored(plan) if plan.flow in STORED_FLOWS else report(plan))
    is_one = options.span is None and options.seed is not None
    judge = report_of_seed if is_one else report_quietly
    if options.waits:
        judge = partial(report_of_wait, options.waits)
    elif options.stored:
        judge = report_of_stored_seed
    if is_one:
        return _tell(judge(options.seed))
    seed = time.time_ns() % 10**9 if options.seed is None else options.seed
    return _soak(judge, seed, options.span or DEFAULT_SECONDS)


def _tell(text: str) -> int:
    sys.stdout.write(f"{text or 'all is well'}\n")
    return 1 if text else 0


def _soak(judge: Callable[[int], str], first: int, seconds: float) -> int:
    begun = time.monotonic()
    seed, failed = first, 0
    sys.stdout.write(f"from seed {first} on, for {seconds:g} s\n")
    with multiprocessing.get_context("spawn").Pool() as pool:
        while time.monotonic() < begun + seconds:
            for text in pool.imap_unordered(judge, range(seed, seed + BATCH), CHUNK):
                failed += bool(text)
                sys.stdout.write(f"{text}\n" if text else "")
            seed += BATCH
            spent = time.monotonic() - begun
            sys.stdout.write(f"{spent:6.0f} s {seed - first} scenarios, {failed} failed\n")
            sys.stdout.flush()
    return 1 if failed else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="this scenario alone, or the first with --for")
    parser.add_argument("--for", dest="span", type=span, help="how long: 90s, 10m, 8h")
    parser.add_argument("--stored", action="store_true", help="play what production stores")
    parser.add_argument("--waits", choices=WAITS, help="play executions that wait for this")
    parser.add_argument("--plan", default="", help="a plan as a failure prints it")
    return parser.parse_args(arguments)


def span(text: str) -> float:
    found = re.fullmatch(r"([\d.]+)([smh])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no span; write 90s, 10m or 8h")
    return float(found[1]) * UNITS[found[2]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
