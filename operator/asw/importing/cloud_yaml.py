"""Reads an export as JSON values: JSON, or YAML with the tags of CloudFormation. Pure.

``!Sub x`` becomes ``{"Fn::Sub": x}``, CloudFormation's own long form. Tags make nothing but values:
the loader is PyYAML's safe one. cfn-flip would replace only the tags: it makes dates, ``True`` for
a key ``on`` and numbers for keys, sets no bounds on aliases, and is slower.
"""

from typing import TYPE_CHECKING, Any, cast

import yaml

from asw.asl.values import Json, from_text, to_text
from asw.failures import Failure
from asw.messages import t

if TYPE_CHECKING:
    from yaml import SafeLoader as _FastLoader
else:
    _FastLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MOST_VALUES = 500_000
"""Values in a file with its aliases expanded: more is an attack rather than an export."""
_PLAIN_TAGS = ("Ref", "Condition")
"""Tags whose long form has no ``Fn::``."""


def read_export(text: str, name: str) -> Json:
    """The value of the text. Raises Failure with line and column."""
    try:
        if text.lstrip("\ufeff \t\r\n").startswith("{"):
            try:
                return from_text(text.lstrip("\ufeff"))
            except ValueError:
                if name.endswith(".json"):
                    raise
        return _read_yaml(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise Failure(
            t("{name} is neither JSON nor YAML: {reason}", name=name, reason=_reason(error)),
            remedy=t("fix it there, or export it again"),
        ) from error


def _read_yaml(text: str) -> Json:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _count(node, {}, ())
        value = loader.construct_document(node)
    finally:
        loader.dispose()
    to_text(value)  # refuses what JSON lacks: NaN, sets, binary
    return value


def _count(node: yaml.Node, known: dict[int, int], above: tuple[int, ...]) -> int:
    """Values below the node; those of an alias count each time it is used."""
    if id(node) in above:
        raise ValueError(t("an alias that contains itself"))
    if id(node) in known:
        return known[id(node)]
    total, below = 1, (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        total += sum(_count(value, known, below) for _, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        total += sum(_count(item, known, below) for item in node.value)
    if total > MOST_VALUES:
        raise ValueError(t("more than {count} values", count=MOST_VALUES))
    known[id(node)] = total
    return total


def _reason(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return t(
            "line {line}, column {column}: {problem}",
            line=mark.line + 1,
            column=mark.column + 1,
            problem=error.problem,
        )
    if isinstance(error, RecursionError):
        return t("it is nested too deeply")
    return str(error)


class _Loader(_FastLoader):
    """YAML as CloudFormation reads it; keys are text, timestamps stay text."""


def _tagged(loader: Any, suffix: str, node: yaml.Node) -> Json:
    """The long form of a tag."""
    value: Json
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix in _PLAIN_TAGS:
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = list(value.partition(".")[::2])
    return {f"Fn::{suffix}": value}


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[str, Json]:
    loader.flatten_mapping(node)
    pairs = loader.construct_pairs(node, deep=True)
    return {key if isinstance(key, str) else to_text(key): value for key, value in pairs}


_Loader.add_multi_constructor("!", _tagged)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor(
    "tag:yaml.org,2002:timestamp",
    lambda _loader, node: cast("yaml.ScalarNode", node).value,
)
