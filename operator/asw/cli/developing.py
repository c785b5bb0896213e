"""What ``asw dev`` does: watches files, and checks and tests them again after each change."""

import io
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Final, TextIO

import click
from watchfiles import Change, watch

from asw.cli.command import show_failure
from asw.cli.testing import SuiteOptions, run_tests
from asw.cli.validating import ValidateOrder, validate
from asw.exits import ALL_WELL, NOT_FOUND
from asw.failures import Failure, some_of
from asw.lint.documents import is_skipped
from asw.messages import t
from asw.testkit.reading import find_test_files

TOGETHER_MS: Final = 300
"""Changes that follow each other within this time are one: editors write several files."""
LOOK_MS: Final = 200
_LEFT_BY_EDITORS: Final = ("~", ".swp", ".swx", ".tmp", ".pyc", "4913")
"""Ends of names of files that exist for a moment; vim probes folders with 4913."""


def develop(paths: Sequence[Path], *, words: str | None, has_logs: bool) -> int:
    """Check and test now and after each change, until Ctrl-C; the exit code. Raises Failure."""
    options = SuiteOptions(words=words, has_logs=has_logs, is_quiet=True)
    try:
        for changed in _changes(paths):
            _show(changed, _lines(paths, options), paths)
    except KeyboardInterrupt:
        return ALL_WELL
    return ALL_WELL


def _changes(paths: Sequence[Path]) -> Iterator[list[str]]:
    """Names of files that changed, again and again; at first none. Raises Failure.

    What changes while the caller works comes next: the watcher is there before the first look.
    """
    roots = [path.resolve() for path in paths]
    if missing := [str(path) for path in paths if not path.exists()]:
        raise Failure(
            t("{path}: no such file or folder", path=missing[0]),
            remedy=t("name folders or files of a project"),
            code=NOT_FOUND,
        )

    def is_ours(_change: Change, path: str) -> bool:
        return any(_is_in(Path(path), root) for root in roots)

    has_begun = False
    try:
        for changes in watch(
            *roots,
            watch_filter=is_ours,
            debounce=TOGETHER_MS,
            rust_timeout=LOOK_MS,
            yield_on_timeout=True,
        ):
            if changes or not has_begun:
                has_begun = True
                yield _named(path for _, path in changes)
    except (OSError, RuntimeError) as error:  # the kernel's limit on watched files
        raise Failure(
            t("cannot watch files: {reason}", reason=error),
            remedy=t("name fewer folders, or let it poll: WATCHFILES_FORCE_POLLING=1 asw dev"),
        ) from error


def _is_in(path: Path, root: Path) -> bool:
    """Whether the changed file matters: nothing on the way to it is hidden or left by a tool."""
    if not path.is_relative_to(root):
        return False
    parts = path.relative_to(root).parts
    return not (any(map(is_skipped, parts)) or path.name.endswith(_LEFT_BY_EDITORS))


def _named(paths: Iterable[str]) -> list[str]:
    """The paths as seen from here; files that are gone again count only if there are no others."""
    names = sorted({os.path.relpath(path) for path in paths})
    return [name for name in names if Path(name).exists()] or names


def _lines(paths: Sequence[Path], options: SuiteOptions) -> list[str]:
    """All that checking and testing say, in the order in which they say it."""
    said = _Captured(sys.stdout)
    with redirect_stdout(said), redirect_stderr(said):
        try:
            _check(paths, options)
        except Failure as failure:
            show_failure(failure)
    return said.getvalue().splitlines()


def _check(paths: Sequence[Path], options: SuiteOptions) -> None:
    if validate(paths, ValidateOrder(format="text", is_recursive=True)) != ALL_WELL:
        return
    try:
        find_test_files(paths)
    except Failure as failure:
        click.echo(failure.message)
        return
    run_tests(paths, options)


class _Captured(io.StringIO):
    """Takes what is printed, with the colours that the stream would show."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def isatty(self) -> bool:
        """As the stream."""
        return self._stream.isatty()


def _show(changed: Sequence[str], lines: Sequence[str], paths: Sequence[Path]) -> None:
    """One screen on a terminal: the first lines, and the last, which has the counts."""
    head = f"{datetime.now().astimezone():%H:%M:%S}  " + (
        t("changed: {files}", files=some_of(changed))
        if changed
        else t("watching {paths}; Ctrl-C ends", paths=", ".join(map(str, paths)))
    )
    shown = list(lines)
    if sys.stdout.isatty():
        click.clear()
        room = max(shutil.get_terminal_size().lines - 3, 3)
        if len(shown) > room:
            more = t("... {count} more lines", count=len(shown) - room + 1)
            shown = [*shown[: room - 2], more, shown[-1]]
    click.echo(click.style(head, dim=True))
    for line in shown:
        click.echo(line)
    sys.stdout.flush()
