"""Which files are test files: those that are named, and those in the folders that are named."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from asw.exits import NOT_FOUND
from asw.failures import Failure
from asw.lint.documents import TEST_SUFFIXES, walked
from asw.messages import t


def find_test_files(paths: Sequence[Path]) -> list[Path]:
    """The test files, each once, in the order of the paths and by name. Raises Failure."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(sorted(_below(path))))
        elif path.exists():
            found[path] = None
        else:
            raise Failure(
                t("{path}: no such file or folder", path=path),
                remedy=t("name a test file, or a folder with test files in or below it"),
            )
    if not found:
        raise Failure(
            t("no test file in {paths}", paths=", ".join(map(str, paths))),
            remedy=t("names of test files end in .test.yaml; asw init hello writes one"),
            code=NOT_FOUND,
        )
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    for place, files in walked(folder):
        yield from (Path(place) / name for name in files if name.endswith(TEST_SUFFIXES))
