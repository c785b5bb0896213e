"""Pod templates merged: the Workflow's, the Function's over it, and what asw needs over both. Pure.

The rules (docs/how-to/pods.md, docs/design/0019-pod-templates.md): maps are merged by key; lists of
things with a name, or a mount path, by that; of two with one name the later one counts, but
containers are merged field by field; all else is replaced.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from asw.api.pod_template import PodTemplate
from asw.api.workflow import TaskTemplate

Object = Mapping[str, Any]

_BY_NAME = {"volumes": "name", "env": "name", "volumeMounts": "mountPath"}
_CONTAINERS = frozenset({"containers", "initContainers"})
_ADDED = frozenset({"envFrom"})
_MERGED = frozenset({"labels", "annotations", "metadata", "spec", "affinity"})


def layered(below: TaskTemplate, above: TaskTemplate) -> TaskTemplate:
    """One task template over another, such as the Workflow's over that of its namespace."""
    if not below.model_fields_set or not above.model_fields_set:
        return above if above.model_fields_set else below
    both = merged(below.pod_template, above.pod_template)
    secrets = {it.name: it for it in (*below.image_pull_secrets, *above.image_pull_secrets)}
    return TaskTemplate(
        resources=above.resources or below.resources,
        node_selector={**below.node_selector, **above.node_selector},
        tolerations=(*below.tolerations, *above.tolerations),
        priority_class_name=above.priority_class_name or below.priority_class_name,
        image_pull_secrets=tuple(secrets.values()),
        start_timeout_seconds=above.start_timeout_seconds or below.start_timeout_seconds,
        pod_template=PodTemplate.model_validate(both) if both else None,
    )


def merged(*templates: PodTemplate | None) -> Object:
    """The templates as one; later ones count more."""
    made: Object = {}
    for template in templates:
        if template is not None:
            plain = template.model_dump(mode="json", by_alias=True, exclude_unset=True)
            made = merged_objects(made, plain)
    return made


def merged_objects(below: Object, above: Object) -> dict[str, Any]:
    """One object over another of the same kind; null says nothing."""
    made = {field: value for field, value in below.items() if value is not None}
    for field, value in above.items():
        if value is not None:
            made[field] = _value(field, made[field], value) if field in made else value
    return made


def by_key(key: str, items: Iterable[Object]) -> list[Object]:
    """The items, the last one of each name in the place of the first."""
    return list({item[key]: item for item in items}.values())


def _value(field: str, below: Any, above: Any) -> Any:
    if field in _BY_NAME:
        return by_key(_BY_NAME[field], [*below, *above])
    if field in _CONTAINERS:
        return _containers(below, above)
    if field in _ADDED:
        return [*below, *above]
    return merged_objects(below, above) if field in _MERGED else above


def _containers(below: Iterable[Object], above: Iterable[Object]) -> list[Object]:
    made = {item["name"]: item for item in below}
    for item in above:
        made[item["name"]] = merged_objects(made.get(item["name"], {}), item)
    return list(made.values())
