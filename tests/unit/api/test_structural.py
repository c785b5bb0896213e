"""From models to structural schemas, with the descriptions of their fields."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from asw.api.execution import Execution
from asw.api.function import Function
from asw.api.objects import Part, Shown
from asw.api.structural import NotStructural, attribute_docstrings, structural_schema
from asw.api.workflow import TaskTemplate, Workflow


class Inner(Part):
    """A part."""

    kind: Literal["only"]
    """Which kind."""


class Outer(Part):
    """A whole of parts."""

    inner: Inner | None = None
    """What this one
    is for."""

    many: tuple[Inner, ...] = ()
    """Several."""

    named: Mapping[Annotated[str, Field(pattern="^a$")], int] = Field(default_factory=dict)
    """By name."""

    size: int = 3
    """How large."""


def test_references_nulls_and_titles_go():
    """Every node says itself what it is, and fields that may be left out are just not required."""
    inner = {
        "type": "object",
        "properties": {"kind": {"description": "Which kind.", "type": "string", "enum": ["only"]}},
        "required": ["kind"],
    }
    assert structural_schema(Outer) == {
        "description": "A whole of parts.",
        "type": "object",
        "properties": {
            "inner": {"description": "What this one is for.", **inner},
            "many": {
                "description": "Several.",
                "type": "array",
                "items": {"description": "A part.", **inner},
            },
            "named": {
                "description": "By name.",
                "type": "object",
                "additionalProperties": {"type": "integer"},
            },
            "size": {"description": "How large.", "type": "integer", "default": 3},
        },
    }


def test_a_union_is_refused():
    """A field of two types cannot be said; it fails here and not at an API server."""

    class Bad(Part):
        either: Inner | int

    with pytest.raises(NotStructural, match=r"Bad\.either is a union"):
        structural_schema(Bad)


def test_a_field_without_type_must_say_that_it_keeps_all():
    """A field that may hold anything is marked so, else its content would be pruned."""

    class Bad(Part):
        anything: Any

    with pytest.raises(NotStructural, match=r"Bad\.anything has no type"):
        structural_schema(Bad)


def parts(kind, seen):
    """The class and all classes of ours that its fields are of."""
    if not (isinstance(kind, type) and issubclass(kind, Part)) or kind in seen:
        return
    seen.add(kind)
    for field in kind.model_fields.values():
        for each in (field.annotation, *getattr(field.annotation, "__args__", ())):
            parts(each, seen)


def test_every_field_of_a_manifest_is_described():
    """Kubectl explain and editors have a sentence for whatever a user may write."""
    seen = set()
    for kind in (Workflow, Function, Execution):
        parts(kind, seen)
    undescribed = [
        f"{kind.__name__}.{name}"
        for kind in seen
        if not issubclass(kind, Shown)
        for name, field in kind.model_fields.items()
        if not (field.description or attribute_docstrings(kind).get(name))
    ]
    assert len(seen) > 10
    assert undescribed == []


def test_a_schema_has_the_strings_below_the_fields():
    """What the schema says of a field is what stands below it."""
    schema = TaskTemplate.model_json_schema()
    assert schema["properties"]["tolerations"]["description"] == (
        "Taints of nodes that tasks tolerate."
    )
