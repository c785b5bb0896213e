"""The case files: where they are, what each asks for, and the rules of comparison beside them."""

import importlib.util
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.conformance import matching

Case = dict[str, Any]

VARIABLE = "ASW_CONFORMANCE"
BESIDE = Path(__file__).parents[3] / "shared" / "conformance" / "cases"
"""Where recorded cases are when nothing names their folder."""
OWN = Path(__file__).parent / "cases"
"""Cases of our own, in the same format; they run always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """One file. ``case`` holds its content; where ``fault`` says why not, only what it is called.

    ``rules`` is the module that compares: the ``match.py`` that came with the file, else ours.
    """

    case: Case
    rules: ModuleType
    folder: Path = OWN
    fault: str = ""

    @property
    def id(self) -> str:
        """The case's name in reports."""
        return str(self.case["id"])

    @property
    def is_own(self) -> bool:
        """Whether the case was written here, not recorded at AWS."""
        return self.folder == OWN


def named_folder() -> Path | None:
    """The folder of recorded cases that is named, there or not, or the one beside this tree."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    return BESIDE if BESIDE.is_dir() else None


def recorded_folder() -> Path | None:
    """Where the recorded cases are, None where there are none."""
    folder = named_folder()
    return folder if folder is not None and folder.is_dir() else None


def case_files(folder: Path | None) -> list[CaseFile]:
    """The cases of a folder and our own, each id once. Raises OSError where it cannot be read."""
    found: dict[str, CaseFile] = {}
    for place in (folder, OWN if OWN.is_dir() else None):
        for file in () if place is None else _read(place):
            found.setdefault(file.id, file)
    return list(found.values())


def rules_of(folder: Path) -> ModuleType:
    """The rules of comparison that come with a folder of cases, else our own of the same kind."""
    for place in (folder.parent, folder):
        if (place / "match.py").is_file():
            return _load(place / "match.py")
    return matching


@cache
def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("conformance_match", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read(folder: Path) -> Iterator[CaseFile]:
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder of cases")
    if not any(folder.glob("*.json")) and (folder / "cases").is_dir():
        folder = folder / "cases"
    rules = rules_of(folder)
    for path in sorted(folder.glob("*.json")):
        try:
            case, fault = json.loads(path.read_bytes()), ""
            if not isinstance(case, dict) or "kind" not in case:
                case, fault = {}, "the file holds no case"
        except (OSError, ValueError) as error:
            case, fault = {}, f"the file cannot be read: {error}"
        named = {"id": path.stem, "category": "unreadable", "kind": "unreadable", "needs": []}
        yield CaseFile(case={**named, **case}, rules=rules, folder=folder, fault=fault)
