"""The source files of a Function on their way into its pods. Pure.

Code of up to 100 KiB, inline or in ConfigMaps, is pinned in an immutable ConfigMap named after its
digest, so that a task runs the code that its Function had when the task started: one JSON object
under the key ``code``, which reaches the pod through its environment. Larger code is mounted:
inline code from a ConfigMap with one key a file, ConfigMaps of users as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asw.api.function import CodeMap, Function
from asw.api.names import (
    ALL_CODE_LIMIT_BYTES,
    CODE_LIMIT_BYTES,
    LABEL_FUNCTION,
    LABEL_KIND,
    digest12,
    label_value,
    uid12,
)
from asw.asl.values import to_text
from asw.platforms.kubernetes.client.objects import Owner, text_object
from asw.platforms.kubernetes.tasks.packages import InstalledPackages

CODE_KEY = "code"
CODE_VOLUME = "asw-code"
"""The volume of a pod whose code is mounted."""


class UnusableCode(Exception):
    """The ConfigMaps do not make up code that a pod could have; the message says what to do."""


@dataclass(frozen=True, slots=True)
class CodeSource:
    """Where a pod finds the code: in ConfigMaps that are mounted, or as the environment's JSON.

    ``config_map`` is the first of them; ``mounted`` has all that are mounted. ``packages`` were
    installed for the code.
    """

    config_map: str
    mounted: tuple[CodeMap, ...] = ()
    packages: InstalledPackages | None = None

    @property
    def is_mounted(self) -> bool:
        """Whether the pod needs a volume."""
        return bool(self.mounted)

    @classmethod
    def of(cls, maps: Sequence[CodeMap]) -> "CodeSource":
        """The code in ConfigMaps that are mounted."""
        return cls(maps[0].name, tuple(maps))

    def volume(self) -> dict[str, Any]:
        """The source of the volume, as in a Pod."""
        sources = [
            {
                "configMap": {
                    "name": each.name,
                    **({"items": _items(each)} if each.items else {}),
                }
            }
            for each in self.mounted
        ]
        if len(sources) == 1:
            return sources[0]
        return {"projected": {"sources": sources}}


@dataclass(frozen=True, slots=True)
class PinnedCode:
    """A source, and the ConfigMap that must exist for it (None: those of users)."""

    source: CodeSource
    manifest: Mapping[str, Any] | None = None


def pinned_inline(function: Function, files: Mapping[str, str]) -> PinnedCode:
    """The files as a ConfigMap of the Function."""
    text = to_text(dict(sorted(files.items())))
    is_mounted = len(text.encode()) > CODE_LIMIT_BYTES
    name = f"{uid12(function.metadata.uid)}-c-{digest12(text)}"
    metadata = {
        "name": name,
        "labels": {LABEL_KIND: "code", LABEL_FUNCTION: label_value(function.metadata.name)},
        "ownerReferences": [
            Owner("Function", function.metadata.name, function.metadata.uid).reference()
        ],
    }
    if not is_mounted:
        manifest = text_object(metadata, {CODE_KEY: text}, is_private=False)
        return PinnedCode(CodeSource(name), manifest)
    data, code_map = keyed(name, files)
    return PinnedCode(CodeSource.of([code_map]), text_object(metadata, data, is_private=False))


def keyed(name: str, files: Mapping[str, str]) -> tuple[Mapping[str, str], CodeMap]:
    """The data of a ConfigMap that holds the files, and how it names them.

    Keys cannot hold a slash, so files in folders have numbers there and their paths in ``items``.
    """
    paths = sorted(files)
    if not any("/" in path for path in paths):
        return files, CodeMap(name=name)
    keys = {f"file-{number}": path for number, path in enumerate(paths)}
    data = {key: files[path] for key, path in keys.items()}
    items = [{"key": key, "path": path} for key, path in keys.items()]
    return data, CodeMap.model_validate({"name": name, "items": items})


def pinned_maps(
    function: Function, maps: Sequence[CodeMap], found: Mapping[str, Mapping[str, Any]]
) -> PinnedCode:
    """The files of the user's ConfigMaps, as they are now; ``found`` has each by its name.

    Raises UnusableCode.
    """
    files: dict[str, str] = {}
    size, is_binary = 0, False
    for each in maps:
        data = found[each.name].get("data") or {}
        binary = found[each.name].get("binaryData") or {}
        size += sum(len(text) for text in (*data.values(), *binary.values()))
        is_binary = is_binary or bool(binary)
        for key, path in _paths(each, {**data, **binary}).items():
            if path in files:
                raise UnusableCode(f"spec.code: two ConfigMaps have the file {path!r}: keep one")
            files[path] = data.get(key, "")
    if size > ALL_CODE_LIMIT_BYTES:
        raise UnusableCode(
            f"spec.code has {size} characters, more than the {ALL_CODE_LIMIT_BYTES} that ConfigMaps"
            " may bring: put it into an image, see docs/how-to/packages.md"
        )
    if is_binary or len(to_text(files).encode()) > CODE_LIMIT_BYTES:
        return PinnedCode(CodeSource.of(maps))
    return pinned_inline(function, files)


def _paths(code_map: CodeMap, data: Mapping[str, str]) -> Mapping[str, str]:
    """The path of each key that is a file. Raises UnusableCode."""
    if not code_map.items:
        return {key: key for key in data}
    for item in code_map.items:
        if item.key not in data:
            raise UnusableCode(
                f"ConfigMap {code_map.name!r} of spec.code has no key {item.key!r}: add it, or "
                "apply the Function again with what made it"
            )
    return {item.key: item.path for item in code_map.items}


def _items(code_map: CodeMap) -> list[dict[str, str]]:
    return [{"key": item.key, "path": item.path} for item in code_map.items]
