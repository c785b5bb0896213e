"""Reads files of YAML or JSON into documents with places, as ``kubectl apply -f`` reads them.

Must not know what the documents mean.
"""

import json
import os
import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import yaml

from asw.asl.problems import DUPLICATE_FIELD
from asw.asl.values import (
    DEEPEST_VALUE,
    Json,
    finite,
    from_text,
    is_longer,
    is_too_deep,
    refuse_constant,
    to_text,
)
from asw.failures import Failure
from asw.lint.faults import INVALID_JSON, INVALID_YAML, Fault, json_fault, yaml_fault
from asw.lint.findings import Finding, Origin
from asw.lint.locating import Extent
from asw.lint.rules import NO_JSON_VALUE, UNREADABLE
from asw.lint.sources import LARGEST_FILE, STDIN, Position, Source, name_of, read_source
from asw.messages import t

if TYPE_CHECKING:
    from yaml import SafeLoader as _FastLoader
else:
    _FastLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SUFFIXES: Final = (".yaml", ".yml", ".json")
TEST_SUFFIXES: Final = tuple(f".test{suffix}" for suffix in SUFFIXES)
"""Test files, which only ``asw test`` reads."""
_SKIPPED: Final = frozenset({"node_modules", "__pycache__"})
"""Folders that hold nothing of the user's own; hidden ones are skipped too."""
_OURS: Final = re.compile(r"\basw\.dev/|\bStartAt\b|\bStates[\"']?\s*:")
"""What every manifest or definition contains, even one that cannot be parsed."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file, or an item of a List.

    ``is_named`` tells whether the user named its file, rather than its folder. ``code`` is the
    folder that a Function's files were packed from; it ``is_refused`` if they could not be.
    """

    path: Path
    content: Json
    source: Source | None = field(default=None, compare=False, repr=False)
    number: int = 0
    steps: tuple[str | int, ...] = ()
    is_named: bool = True
    code: Path | None = None
    is_refused: bool = False

    @property
    def origin(self) -> Origin:
        """Its place, as its author is told."""
        return Origin(
            file=str(self.path) if self.source is None else self.source.name,
            source=self.source,
            document=self.number,
            steps=self.steps,
            code=self.code,
        )


def read_documents(paths: Sequence[Path]) -> tuple[list[Document], list[Finding]]:
    """All documents of the files and of the manifests directly in the folders, and what went wrong.

    A file named twice is read once. ``-`` is standard input.
    """
    documents: list[Document] = []
    findings: list[Finding] = []
    seen: set[Path] = set()
    for path in paths:
        try:
            files = _files(path)
        except Failure as failure:
            findings.append(_unreadable(path, failure))
            continue
        for file in files:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                read, found = _read(file)
                is_named = file == path
                if is_named and not read and not found:
                    remedy = t("name a file of manifests or a definition")
                    found = [_unreadable(file, Failure(t("the file is empty"), remedy=remedy))]
                elif not is_named and ".asl." not in file.name:
                    found = [each for each in found if not _is_foreign(each)]
                documents += [replace(each, is_named=is_named) for each in read]
                findings += found
    return documents, findings


def _is_foreign(finding: Finding) -> bool:
    """Whether the file is another tool's: a chart's template, a site's or an editor's."""
    return finding.source is not None and not _OURS.search(finding.source.text)


def folders_below(paths: Sequence[Path]) -> list[Path]:
    """The paths; each folder is replaced by those in and below it that have manifests."""
    found: list[Path] = []
    for path in paths:
        with_some = [Path(place) for place, files in walked(path) if any(map(_is_read, files))]
        found += sorted(with_some) or [path]
    return found


def walked(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Folders in and below the path, and their files; nothing for a file or a missing path."""
    for place, folders, files in os.walk(path):
        folders[:] = [name for name in folders if not is_skipped(name)]
        yield place, files


def is_skipped(name: str) -> bool:
    """Whether a folder or file of this name holds nothing of the user's own."""
    return name in _SKIPPED or name.startswith(".")


def _is_read(name: str) -> bool:
    return name.endswith(SUFFIXES) and not name.endswith(TEST_SUFFIXES)


def _files(path: Path) -> list[Path]:
    """The files that the path means. Raises Failure."""
    if path == STDIN or not path.is_dir():
        return [path]
    try:
        files = sorted(file for file in path.iterdir() if _is_read(file.name) and file.is_file())
    except OSError as error:
        reason = error.strerror or error
        raise Failure(
            t("cannot be read: {reason}", reason=reason), remedy=t("check its mode: ls -l")
        ) from error
    if not files:
        suffixes = ", ".join(SUFFIXES)
        raise Failure(
            t("no {suffixes} file in this folder", suffixes=suffixes),
            remedy=t("name a file, or the folder that has them"),
        )
    return files


def _unreadable(path: Path, failure: Failure) -> Finding:
    return Finding(
        file=name_of(path), code=UNREADABLE, message=failure.message, remedy=failure.remedy
    )


def _read(file: Path) -> tuple[list[Document], list[Finding]]:
    try:
        source = read_source(file)
    except Failure as failure:
        return [], [_unreadable(file, failure)]
    contents, findings = _contents(source, is_certain=file.suffix == ".json")
    documents = [
        Document(file, item, source, number, steps)
        for number, content in enumerate(contents)
        for steps, item in _items(content)
    ]
    return documents, findings


def _items(content: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """The document, or the items of a List; empty documents are left out."""
    if isinstance(content, dict) and content.get("kind") == "List":
        items = content.get("items")
        for index, item in enumerate(items if isinstance(items, list) else []):
            yield ("items", index), item
    elif content is not None:
        yield (), content


def _contents(source: Source, *, is_certain: bool) -> tuple[list[Json], list[Finding]]:
    """The documents of a text; one that looks like JSON may still be YAML."""
    if not source.is_json:
        return _load_yaml(source)
    contents, findings = _load_json(source)
    if findings and not contents and not is_certain:
        as_yaml = replace(source, is_json=False)
        other, others = _load_yaml(as_yaml)
        if not others:
            return other, others
    return contents, findings


def _load_json(source: Source) -> tuple[list[Json], list[Finding]]:
    reading = _JsonReading()
    try:
        content = reading.read(source.text)
    except ValueError as error:
        return [], [_at_fault(source, INVALID_JSON, json_fault(error, source))]
    twins = source.twins() if reading.has_twins else []
    return [content], [_twin(source, name, position) for name, position in twins]


class _JsonReading:
    """Reads JSON as ``from_text`` does, and notes whether an object repeats a name."""

    has_twins = False

    def read(self, text: str) -> Json:
        """The value. Raises ValueError."""
        try:
            value = json.loads(
                text,
                object_pairs_hook=self._object_of,
                parse_constant=refuse_constant,
                parse_float=finite,
            )
        except RecursionError:
            return from_text(text)
        return from_text(text) if is_too_deep(value, text) else value

    def _object_of(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        members = dict(pairs)
        self.has_twins |= len(members) != len(pairs)
        return members


def _load_yaml(source: Source) -> tuple[list[Json], list[Finding]]:
    contents: list[Json] = []
    loader: Any = _Loader(source.text)
    try:
        while loader.check_data():
            contents.append(loader.get_data())
        findings = [_twin(source, name, source.position(extent)) for name, extent in loader.twins]
    except yaml.YAMLError as error:
        return [], [_at_fault(source, INVALID_YAML, yaml_fault(error, source))]
    except (RecursionError, ValueError) as error:
        reason = t("nested more than {most} deep", most=DEEPEST_VALUE)
        reason = str(error) if isinstance(error, ValueError) else reason
        return [], [_at_fault(source, INVALID_YAML, Fault(reason, "", None))]
    finally:
        loader.dispose()
    wrong = [
        it for number, content in enumerate(contents) for it in _refused(source, number, content)
    ]
    return ([] if wrong else contents), [*findings, *wrong]


def _refused(source: Source, number: int, content: Json) -> Iterator[Finding]:
    """What JSON, and so Kubernetes, cannot hold: NaN, sets, binary, endless anchors."""
    origin = Origin(file=source.name, source=source, document=number)
    if _holds_itself(content) or is_longer(content, LARGEST_FILE):
        yield origin.finding(
            NO_JSON_VALUE,
            t("with its aliases expanded it has more than {most} characters", most=LARGEST_FILE),
            t("remove aliases of aliases"),
        )
        return
    try:
        to_text(content)
    except (ValueError, TypeError) as error:
        steps, value = _culprit(content)
        if steps is None:
            yield origin.finding(NO_JSON_VALUE, str(error))
        else:
            shown = str(value) if isinstance(value, float) else type(value).__name__
            message = t("{value} is not JSON", value=shown)
            yield origin.finding(NO_JSON_VALUE, message, t("quote it to make it text"), at=steps)


def _holds_itself(content: Json) -> bool:
    """Whether an alias stands within what it names; to count what that writes out takes long."""
    above: set[int] = set()
    done: set[int] = set()
    waiting = [(content, False)]
    while waiting:
        here, is_left = waiting.pop()
        if is_left:
            above.discard(id(here))
            done.add(id(here))
        elif id(here) in above:
            return True
        elif isinstance(here, dict | list) and id(here) not in done:
            above.add(id(here))
            items = here.values() if isinstance(here, dict) else here
            waiting += [(here, True), *((item, False) for item in items)]
    return False


def _culprit(content: Json) -> tuple[tuple[str | int, ...] | None, object]:
    """The steps to the first value that JSON lacks, and the value; None if depth is the fault."""
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), content)]
    while waiting:
        steps, here = waiting.pop()
        if len(steps) > DEEPEST_VALUE:
            return None, None
        if isinstance(here, dict):
            waiting.extend(((*steps, name), value) for name, value in reversed(here.items()))
        elif isinstance(here, list):
            waiting.extend(((*steps, at), here[at]) for at in reversed(range(len(here))))
        elif not _is_json(here):
            return steps, here
    return None, None


def _is_json(value: object) -> bool:
    if isinstance(value, float):
        return value - value == 0  # neither NaN nor infinite
    return value is None or isinstance(value, str | bool | int)


def _at_fault(source: Source, code: str, fault: Fault) -> Finding:
    return Finding(
        file=source.name,
        code=code,
        message=fault.message,
        remedy=fault.remedy,
        position=fault.position,
        source=source,
    )


def _twin(source: Source, name: str, position: Position) -> Finding:
    """A repeated name is a slip that would silently lose the first value."""
    fault = Fault(t("key {name!r} comes twice", name=name), t("keep one of them"), position)
    return _at_fault(source, DUPLICATE_FIELD, fault)


class _Loader(_FastLoader):
    """YAML as Kubernetes reads it: timestamps stay text, keys are text. Notes repeated keys."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.twins: list[tuple[str, Extent]] = []

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 -- PyYAML's signature
        self._note_twins(node)
        self.flatten_mapping(node)
        pairs = [
            (self.construct_object(key, deep=True), self.construct_object(value, deep=deep))
            for key, value in node.value
        ]
        return {key if isinstance(key, str) else to_text(key): value for key, value in pairs}

    def _note_twins(self, node: yaml.MappingNode) -> None:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    extent = Extent(key.start_mark.index, key.end_mark.index)
                    self.twins.append((key.value, extent))
                seen.add(key.value)


_Loader.add_constructor(
    "tag:yaml.org,2002:timestamp",
    lambda _loader, node: cast("yaml.ScalarNode", node).value,
)
