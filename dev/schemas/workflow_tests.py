"""The schema of test files, from the models that ``asw test`` reads them by."""

from collections.abc import Mapping
from typing import Any, Final

from asw.asl.values import Json
from asw.testkit.model import KIND, WorkflowTest

_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_PARAMETER: Final = {"type": "string", "pattern": r"^\$\{[^{}]+\}$"}
"""What fills a field of any type in a case that has parameters."""
_ONE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "Mock": ("result", "error", "lost", "never", "real"),
    "Request": ("stop", "redrive"),
}
"""Objects that have exactly one of these fields."""
_NOT_BOTH: Final = {"Case": ["input", "inputFile"]}


def workflow_test_schema() -> Json:
    """The whole schema."""
    made = WorkflowTest.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions = {name: _definition(name, each) for name, each in made.pop("$defs").items()}
    top = {**_plain(made, fills=False), "definitions": definitions}
    head = {"$schema": _DRAFT, "title": KIND, "description": top.pop("description")}
    return {**head, **top}


def _definition(name: str, node: Mapping[str, Any]) -> dict[str, Json]:
    made: dict[str, Json] = _plain(node, fills=True)
    if name in _ONE_OF:
        made["oneOf"] = [{"required": [field]} for field in _ONE_OF[name]]
    if name in _NOT_BOTH:
        made["not"] = {"required": _NOT_BOTH[name]}
    if name == "Mock":
        made["dependencies"] = {"cause": ["error"]}
    return made


def _plain(node: Any, *, fills: bool) -> Any:
    """A node without pydantic's titles and defaults; a parameter may stand for any value."""
    if isinstance(node, list):
        return [_plain(item, fills=fills) for item in node]
    if not isinstance(node, dict):
        return node
    made: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            made[key] = {name: _plain(each, fills=fills) for name, each in value.items()}
        elif key == "description":
            made[key] = " ".join(value.replace("``", "`").split())
        elif key not in ("title", "default"):
            made[key] = _plain(value, fills=fills)
    return _or_parameter(made) if fills else made


def _or_parameter(node: dict[str, Any]) -> dict[str, Any]:
    is_text = node.get("type") == "string" and not {"pattern", "const", "enum"} & node.keys()
    is_open = is_text or not {"type", "const", "enum"} & node.keys()
    if is_open or node.get("type") in ("object", "array", "null") or node == _PARAMETER:
        return node
    about: dict[str, Any] = {
        key: node.pop(key) for key in ("description", "examples") if key in node
    }
    return {**about, "anyOf": [node, _PARAMETER]}
