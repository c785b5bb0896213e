"""What the NAME of a verb that looks at an execution means: one of its place, or a file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from asw.executions.opening import open_runs
from asw.executions.port import Runs
from asw.executions.target import Target
from asw.exits import BAD_INPUT, NOT_FOUND
from asw.failures import Failure
from asw.messages import t

if TYPE_CHECKING:
    from asw.executions.bundles.runs import BundleRuns

_GZIP = b"\x1f\x8b"
_SUFFIX = ".gz"
"""Of files that asw export names itself, and of most that are named by hand."""


@asynccontextmanager
async def open_named(name: str, target: Target) -> AsyncIterator[tuple[Runs, str]]:
    """The port, and the name of the execution in it. Raises Failure.

    A file that asw export wrote is a place of its own; no other place is asked then.
    """
    bundle = _bundle_of(name)
    if bundle is not None:
        yield bundle, bundle.bundle.main.run.name
        return
    async with open_runs(target) as runs_there:
        yield runs_there, name


def is_file_name(name: str) -> bool:
    """Whether it cannot mean an execution: names of objects have no slashes."""
    return "/" in name or name.endswith(_SUFFIX)


def means_file(name: str) -> bool:
    """Whether ``open_named`` takes it for a file, whether that exists or not."""
    return is_file_name(name) or is_bundle(Path(name))


def names_file(word: str) -> bool:
    """Whether a file that asw export wrote is meant where KIND/NAME has a slash too."""
    return word.endswith(_SUFFIX) or is_bundle(Path(word))


def is_bundle(path: Path) -> bool:
    """Whether the file begins as bundles do: they are gzipped."""
    if not path.is_file():
        return False  # reading from a pipe would take its bytes away
    try:
        with path.open("rb") as file:
            return file.read(2) == _GZIP
    except OSError:
        return False


def refuse_file(name: str) -> None:
    """Raises Failure where an exported file is meant: verbs that act need the execution's place."""
    if is_file_name(name) and Path(name).is_file():
        raise Failure(
            t("{file} is a file: its executions can be read, not changed", file=name),
            remedy=t("name the execution where it is: on the cluster, or with --local"),
            code=BAD_INPUT,
        )


def _bundle_of(name: str) -> "BundleRuns | None":
    """The file that the name means; None if it means an execution."""
    path = Path(name)
    # Pipes are files too: asw export NAME -o - | asw why /dev/stdin
    if is_bundle(path) or (is_file_name(name) and path.exists() and not path.is_dir()):
        from asw.executions.bundles.runs import open_bundle  # noqa: PLC0415 -- for files alone

        return open_bundle(path, name)
    if not is_file_name(name):
        return None
    raise Failure(
        t("no file {file}", file=name),
        remedy=t("asw export NAME -o FILE writes one"),
        code=NOT_FOUND,
    )
