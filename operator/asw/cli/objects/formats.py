"""The formats of ``-o``, and objects as text in each of them. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from asw.api.names import GROUP
from asw.asl.values import JsonObject
from asw.failures import Failure, nearest
from asw.messages import t

FORMATS: Final = ("table", "wide", "json", "yaml", "name")
_KUBECTLS: Final = ("jsonpath", "custom-columns", "go-template")
"""How the names of kubectl's formats begin that pick values out of objects."""
_TABLES: Final = frozenset({"table", "wide"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format that was asked for."""

    name: str

    @property
    def is_table(self) -> bool:
        """Whether it is for people, not for programs."""
        return self.name in _TABLES


def read_format(text: str) -> Format:
    """The format that ``-o`` names. Raises Failure."""
    if text.startswith(_KUBECTLS):
        raise Failure(
            t("no format {name!r}", name=text),
            remedy=t("pipe -o json into jq, or use kubectl get on a cluster"),
        )
    if text not in FORMATS:
        raise Failure(
            t("no format {name!r}", name=text),
            remedy=nearest(text.partition("=")[0], FORMATS)
            or t("available: {names}", names=", ".join(FORMATS)),
        )
    return Format(name=text)


def read_program_format(text: str | None) -> Format | None:
    """The same for verbs without a table; None if no format was given."""
    form = None if text is None else read_format(text)
    if form is not None and form.is_table:
        raise Failure(
            t("no table here: -o {name}", name=form.name),
            remedy=t("available: {names}", names=", ".join(FORMATS[2:])),
        )
    return form


def listed(items: Sequence[JsonObject]) -> JsonObject:
    """Objects as one, as kubectl lists them."""
    return {
        "apiVersion": "v1",
        "items": list(items),
        "kind": "List",
        "metadata": {"resourceVersion": ""},
    }


def formatted(value: JsonObject, items: Sequence[JsonObject], form: Format) -> str:
    """``value``, one object or a list of them, in a format for programs; ``items`` are its own."""
    if form.name == "name":
        return "".join(f"{_name(item)}\n" for item in items)
    shown = _without_managed_fields(value)
    if form.name == "json":
        return json.dumps(shown, indent=4, ensure_ascii=False) + "\n"
    return _yaml(shown)


def _name(item: JsonObject) -> str:
    return f"{str(item['kind']).lower()}.{GROUP}/{item['metadata']['name']}"


def _without_managed_fields(value: JsonObject) -> JsonObject:
    """As kubectl does: the bookkeeping of server-side apply is of no interest."""
    made: dict[str, Any] = dict(value)
    if "items" in made and made.get("kind") == "List":
        made["items"] = [_without_managed_fields(item) for item in made["items"]]
    elif "managedFields" in made.get("metadata", {}):
        metadata: Mapping[str, Any] = made["metadata"]
        made["metadata"] = {key: it for key, it in metadata.items() if key != "managedFields"}
    return made


def _yaml(value: JsonObject) -> str:
    import yaml  # noqa: PLC0415 -- for this format alone

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        """Texts of several lines as blocks: code and causes are read, not counted."""

    Dumper.add_representer(str, partial(_represent_text))
    text: str = yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100)
    return text


def _represent_text(dumper: Any, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
