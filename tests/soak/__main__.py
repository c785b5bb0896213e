"""Kill warm pods and operators on the real cluster: `make soak-warm FOR=10m`, SEED=N for the order.

The exit code is 1 where a call took effect twice, or none did, something waited for ever, or slots
were counted wrong for longer than 5 s.
"""

import argparse
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

from tests.chaos.__main__ import span
from tests.soak.warm import SLOT_SECONDS, Soak, at_random, complaints, soaking
from tests.support.installation import installed_cluster
from tests.support.space import Space


def main(arguments: list[str]) -> int:
    """Soak for as long as asked for and tell; the exit code."""
    options = _options(arguments)
    seed = time.time_ns() % 10**9 if options.seed is None else options.seed
    logs = Path(tempfile.mkdtemp(prefix="asw-soak-"))
    sys.stdout.write(f"seed {seed}, for {options.span:g} s; logs of both replicas: {logs}\n")
    cluster, name = installed_cluster(), f"asw-soak-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name)
    begun = time.monotonic()

    def tell(text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - begun:6.0f} s {text}\n")
        sys.stdout.flush()

    try:
        with soaking(Space(cluster, name), seed, logs, tell) as soak:
            soak.go(at_random(seed, options.span))
    finally:
        cluster.kubectl("delete", "namespace", name, "--wait=false")
    return _report(soak)


def _report(soak: Soak) -> int:
    seen = soak.seen
    phases = [it.phase for it in seen.runs]
    told = {it: phases.count(it) for it in sorted(set(phases))}
    sys.stdout.write(
        f"{len(phases)} executions: {told}; {len(seen.calls)} calls, {seen.repeated} made again\n"
        f"harms: {soak.harms.done}\n"
        f"slots were counted wrong for {statistics.median(soak.counted):.1f} s (median), "
        f"{max(soak.counted):.1f} s at most\n"
    )
    found = complaints(soak)
    if max(soak.counted) > SLOT_SECONDS:
        found.append(f"slots were counted wrong for more than {SLOT_SECONDS:g} s")
    sys.stdout.write("".join(f"{it}\n" for it in found) or "all is well\n")
    return 1 if found else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seed", type=int, help="decides what is done, in which order")
    parser.add_argument("--for", dest="span", type=span, default=600.0, help="90s, 10m, 8h")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
