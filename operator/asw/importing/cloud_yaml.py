"""Reads an export as JSON values: JSON, or YAML with the tags of CloudFormation. Pure.

``!Sub x`` becomes ``{"Fn::Sub": x}``, CloudFormation's own long form. Tags make nothing but values:
the loader is PyYAML's safe one. cfn-flip would replace only the tags: it makes dates, ``True`` for
a key ``on`` and numbers for keys, sets no bounds on aliases, and is slower.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

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
_NO_VALUES: Final[Mapping[str, str]] = {}
_BARE_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\$\{([^${}]+)\}', re.DOTALL)
"""A token outside of the strings of JSON, which are stepped over."""
_PAIR: Final = re.compile(
    r"\\\\|(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})", re.ASCII
)
"""One character that JSON escapes as two, which YAML does not know; escaped backslashes."""
_PLAIN_TAGS = ("Ref", "Condition")
"""Tags whose long form has no ``Fn::``."""


def read_export(text: str, name: str, values: Mapping[str, str] = _NO_VALUES) -> Json:
    """The value of the text. Raises Failure with line and column.

    A token outside of strings, as in ``"Seconds": ${Delay}``, becomes its value from ``values``, or
    a string.
    """
    text = text.lstrip("\ufeff")
    try:
        try:
            return _read(text, name)
        except (ValueError, yaml.YAMLError):
            quoted = _BARE_TOKEN.sub(lambda found: _in_json(found, values), text)
            if quoted == text:
                raise
            return _read(quoted, name)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise Failure(
            t("{name} is neither JSON nor YAML: {reason}", name=name, reason=_reason(error)),
            remedy=t("fix it there, or export it again"),
        ) from error


def _read(text: str, name: str) -> Json:
    """AWS: what is no JSON may be YAML, which is why a trailing comma does no harm."""
    if not text.lstrip(" \t\r\n").startswith("{"):
        return _read_yaml(text)
    try:
        return from_text(text)
    except ValueError as error:
        try:
            return _read_yaml(_PAIR.sub(_as_one, text))
        except (ValueError, yaml.YAMLError):
            if name.endswith(".json"):
                raise error from None
            raise


def _as_one(found: "re.Match[str]") -> str:
    return found[0] if found[1] is None else str(from_text(f'"{found[1]}"'))


def _in_json(found: "re.Match[str]", values: Mapping[str, str]) -> str:
    """A string as it is; a token as its value if that is JSON, and else as a string."""
    token = found[1]
    if token is None:
        return found[0]
    value = values.get(token.strip(), found[0])
    try:
        from_text(value)
    except ValueError:
        return to_text(value)
    return value


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
