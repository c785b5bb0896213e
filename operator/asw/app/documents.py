"""Files of YAML or JSON as documents, read as ``kubectl apply -f`` reads them, each with its place.

Must not know what the documents mean.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml

from asw.asl.values import Json, from_text, to_text

if TYPE_CHECKING:
    from yaml import SafeLoader as _FastLoader
else:
    _FastLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file."""

    path: Path
    content: Json


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell the author: where, and a sentence with the remedy."""

    place: str
    message: str
    is_warning: bool = False


def read_documents(paths: Sequence[Path]) -> tuple[list[Document], list[Finding]]:
    """All documents of the files and of the manifests right in the folders, and what went wrong."""
    documents: list[Document] = []
    findings: list[Finding] = []
    for path in paths:
        files = _files(path)
        if not files:
            findings.append(Finding(str(path), _nothing_there(path)))
        for file in files:
            try:
                documents += [Document(file, content) for content in _contents(file)]
            except (OSError, ValueError, yaml.YAMLError) as error:
                findings.append(Finding(str(file), _reason(error)))
    return documents, findings


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
    return [path] if path.exists() else []


def _nothing_there(path: Path) -> str:
    if path.is_dir():
        return f"no {', '.join(SUFFIXES)} file in this folder"
    return "no such file or folder"


def _contents(file: Path) -> Iterator[Json]:
    """The file's documents, lists taken apart, empty ones left out."""
    text = file.read_text(encoding="utf-8")
    contents = [from_text(text)] if file.suffix == ".json" else _load_yaml(text)
    for content in contents:
        if isinstance(content, dict) and content.get("kind") == "List":
            yield from content.get("items") or []
        elif content is not None:
            yield content


def _load_yaml(text: str) -> list[Json]:
    contents = list(yaml.load_all(text, Loader=_Loader))
    to_text(contents)  # refuses what JSON cannot say: NaN, sets, binary
    return contents


def _reason(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8 text"
    return str(error)


class _Loader(_FastLoader):
    """YAML as Kubernetes reads it: instants stay text, keys are text and come once."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 -- PyYAML's signature
        _refuse_twins(node)
        self.flatten_mapping(node)
        pairs = [
            (self.construct_object(key, deep=True), self.construct_object(value, deep=deep))
            for key, value in node.value
        ]
        return {key if isinstance(key, str) else to_text(key): value for key, value in pairs}


def _refuse_twins(node: yaml.MappingNode) -> None:
    """A key that comes twice is a slip that would lose the first value without a word."""
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
            if key.value in seen:
                message = f"key {key.value!r} comes twice"
                raise yaml.constructor.ConstructorError(None, None, message, key.start_mark)
            seen.add(key.value)


_Loader.add_constructor(
    "tag:yaml.org,2002:timestamp",
    lambda _loader, node: cast("yaml.ScalarNode", node).value,
)
