"""Writes runs in batches, and finds the ones that the database refuses."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeAlias

from asw.archive.errors import ArchiveRefused
from asw.archive.rows import ArchivedRun, row_of
from asw.asl.values import Json, from_text
from asw.executions.bundles.contents import Bundle, Exported, to_bytes
from asw.failures import Failure

MOST_AT_ONCE: Final = 200
"""Runs of one transaction."""
BATCH_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds for the time that a transaction takes."""
Packed: TypeAlias = tuple[ArchivedRun, bytes]


class Store(Protocol):
    """What takes batches, all or none; ``ArchiveStore`` does."""

    def put(self, runs: Sequence[Packed]) -> None:
        """Write runs with their bundles. Raises ArchiveRefused, ArchiveAway."""


@dataclass(slots=True)
class Written:
    """What became of runs, by uid: archived, nothing to archive, refused for good, not readable."""

    archived: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    none: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    away: str = ""
    """Why the archive could not be asked or written; what is in no set was not looked at."""


def packed(bundle: Bundle) -> Packed:
    """A run's row and bundle. Raises ValueError for what cannot be written.

    Of what would be too large for any reader the object alone is left.
    """
    main = bundle.main
    row = row_of(main.run, _input_of(main))
    try:
        return row, to_bytes(bundle)
    except Failure as failure:
        missing = (*bundle.missing, failure.message)
        bare = Exported(run=main.run, events=(), record=None)
        parts: dict[str, Any] = {
            "workflow": None,
            "functions": (),
            "children": (),
            "missing": missing,
        }
        return row, to_bytes(replace(bundle, main=bare, **parts))


def write(store: Store, runs: Sequence[Packed]) -> dict[str, str]:
    """Write the runs; those that the database refuses are left out, by uid with the reason.

    A batch that is refused is halved until the run that is to blame stands alone. Raises
    ArchiveAway.
    """
    try:
        store.put(runs)
    except ArchiveRefused as refusal:
        if len(runs) == 1:
            return {runs[0][0].uid: str(refusal)}
        half = len(runs) // 2
        return write(store, runs[:half]) | write(store, runs[half:])
    return {}


def _input_of(exported: Exported) -> Json:
    """What it ran on; of one that never began, what its spec says."""
    if exported.record is not None:
        return exported.record.input
    spec = exported.run.spec
    try:
        return spec.get("input") if "inputText" not in spec else from_text(spec["inputText"])
    except ValueError:
        return None
