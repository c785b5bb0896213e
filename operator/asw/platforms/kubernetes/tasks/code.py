"""The source files of a Function on their way into its pods. Pure.

Inline code is pinned in an immutable ConfigMap named after its digest, so that a task runs the
code that its Function had when the task started. Small code is one JSON object under the key
``code`` and reaches the pod through its environment; larger code is one key a file, mounted.
A user's ConfigMap is copied the same way if it is small, else mounted as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asw.api.function import Function
from asw.api.names import CODE_LIMIT_BYTES, LABEL_FUNCTION, LABEL_KIND, digest12, label_value, uid12
from asw.asl.values import to_text
from asw.platforms.kubernetes.client.objects import Owner, text_object

CODE_KEY = "code"


@dataclass(frozen=True, slots=True)
class CodeSource:
    """Where a pod finds the code: a ConfigMap, mounted or as the environment's JSON text."""

    config_map: str
    is_mounted: bool = False


@dataclass(frozen=True, slots=True)
class PinnedCode:
    """A source, and the ConfigMap that must exist for it (None: the user's own)."""

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
    data = files if is_mounted else {CODE_KEY: text}
    manifest = text_object(metadata, data, is_private=False)
    return PinnedCode(CodeSource(name, is_mounted), manifest)


def pinned_config_map(function: Function, config_map: Mapping[str, Any]) -> PinnedCode:
    """The files of a ConfigMap of the user's, as they are now."""
    files = config_map.get("data") or {}
    if config_map.get("binaryData") or len(to_text(files).encode()) > CODE_LIMIT_BYTES:
        return PinnedCode(CodeSource(config_map["metadata"]["name"], is_mounted=True))
    return pinned_inline(function, files)
