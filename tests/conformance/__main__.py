"""Play the recorded cases: `python -m tests.conformance [CASES [REPORT]]`, or `make conformance`.

Without a folder the recorded cases are looked for; our own run always. The exit code is 1 only
where there is nothing to run: what failed is told, and written to the report.
"""

import sys
import time
from pathlib import Path

from tests.conformance import report
from tests.conformance.case_files import case_files, named_folder
from tests.conformance.workers import judge_all


def main(arguments: list[str]) -> int:
    """Run; both arguments may be missing or empty."""
    cases, target, *_ = *arguments, "", ""
    try:
        files = case_files(Path(cases) if cases else named_folder())
    except OSError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    if not files:
        sys.stderr.write("no cases: name their folder by CASES or ASW_CONFORMANCE\n")
        return 1
    begun = time.monotonic()
    judged = list(zip(files, judge_all(files), strict=True))
    for line in report.lines(judged):
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"\n{len(files)} cases in {time.monotonic() - begun:.1f} s\n")
    if target:
        report.write(judged, Path(target))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
