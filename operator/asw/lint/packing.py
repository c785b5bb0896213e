"""Packs the files of a code folder into what a cluster takes. Pure, and always the same way.

Up to 100 KiB go into the Function itself, as spec.code.inline. More goes into immutable ConfigMaps
that are named after their content, which spec.code.configMapRefs puts together.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from asw.api.function import MOST_CODE_MAPS, MOST_FILES_A_MAP, MOST_INLINE_FILES
from asw.api.names import (
    ALL_CODE_LIMIT_BYTES,
    CODE_LIMIT_BYTES,
    CODE_MAP_LIMIT_BYTES,
    LABEL_CODE_OF,
    digest12,
    label_value,
)
from asw.asl.values import Json, JsonObject, to_text
from asw.failures import Failure
from asw.messages import t

_MOST: Final = ALL_CODE_LIMIT_BYTES
_LONGEST_HEAD: Final = 200
"""Of a ConfigMap's name: the Function's name, which may have 253 characters, is cut to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What replaces the folder in the Function's spec.code, and the ConfigMaps that it names."""

    code: JsonObject
    config_maps: Sequence[JsonObject] = ()


def pack(function: str, namespace: str | None, files: Mapping[str, str]) -> Packed:
    """The files of the Function of this object name. Raises Failure if they are too large."""
    ordered = dict(sorted(files.items()))
    size = sum(len(text.encode()) for text in ordered.values())
    if size > ALL_CODE_LIMIT_BYTES:
        raise Failure(
            t(
                "the code has {size} bytes; the limit is {most}",
                size=size,
                most=ALL_CODE_LIMIT_BYTES,
            ),
            remedy=_remedy(),
        )
    if len(ordered) <= MOST_INLINE_FILES and len(to_text(ordered).encode()) <= CODE_LIMIT_BYTES:
        return Packed(code={"inline": ordered})
    shares = list(_shares(ordered))
    if len(shares) > MOST_CODE_MAPS:
        raise Failure(
            t("the code has {count} files, more than ConfigMaps can take", count=len(ordered)),
            remedy=_remedy(),
        )
    made = [_config_map(function, namespace, ordered, share) for share in shares]
    refs: list[Json] = [
        {"name": manifest["metadata"]["name"], "items": items} for manifest, items in made
    ]
    return Packed(code={"configMapRefs": refs}, config_maps=[manifest for manifest, _ in made])


def _remedy() -> str:
    return t("leave files out by .aswignore, or put the code into an image: asw build")


def _shares(files: Mapping[str, str]) -> Iterator[list[str]]:
    """The names of the files of each ConfigMap, in order. Raises Failure for a file too large."""
    share: list[str] = []
    left = CODE_MAP_LIMIT_BYTES
    for path, text in files.items():
        size = len(text.encode())
        if size > CODE_MAP_LIMIT_BYTES:
            told = t(
                "{path} has {size} bytes; a file may have {most}",
                path=path,
                size=size,
                most=CODE_MAP_LIMIT_BYTES,
            )
            raise Failure(told, remedy=_remedy())
        if share and (size > left or len(share) == MOST_FILES_A_MAP):
            yield share
            share, left = [], CODE_MAP_LIMIT_BYTES
        share.append(path)
        left -= size
    yield share


def _config_map(
    function: str, namespace: str | None, files: Mapping[str, str], share: Sequence[str]
) -> tuple[JsonObject, list[Json]]:
    """A ConfigMap of these files, and the path of each of its keys.

    Keys cannot hold a slash: they are numbers, and the items say what each is.
    """
    keys = {f"file-{number}": path for number, path in enumerate(share)}
    data: dict[str, Json] = {key: files[path] for key, path in keys.items()}
    items: list[Json] = [{"key": key, "path": path} for key, path in keys.items()]
    head = function[:_LONGEST_HEAD].rstrip("-.")
    metadata: dict[str, Json] = {
        "name": f"{head}-code-{digest12(to_text(data))}",
        **({} if namespace is None else {"namespace": namespace}),
        "labels": {LABEL_CODE_OF: label_value(function)},
    }
    manifest: JsonObject = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "immutable": True,
        "data": data,
    }
    return manifest, items
