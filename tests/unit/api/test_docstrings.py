"""Fields are described by the strings below them, which schemas show."""

from asw.api.docstrings import attribute_docstrings
from asw.api.execution import Execution
from asw.api.function import Function
from asw.api.objects import Part, Shown
from asw.api.workflow import TaskTemplate, Workflow


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
        "Taints of nodes that tasks put up with."
    )
