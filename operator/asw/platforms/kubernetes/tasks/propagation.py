"""What an Execution propagates to its Jobs and pods: labels and annotations by their prefix. Pure.

The operator's settings list the prefixes. asw's own are never propagated: they say what an object
is to the operator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from asw.api.pod_template import is_apparmor, is_ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Propagated:
    """Labels and annotations for every Job and pod of an Execution."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


NOTHING: Final = Propagated()


def propagated(metadata: Mapping[str, Any], prefixes: Sequence[str]) -> Propagated:
    """What the Execution with this metadata propagates."""
    starts = tuple(prefixes)

    def chosen(field: str) -> dict[str, str]:
        values = metadata.get(field) or {}
        return {
            key: value
            for key, value in values.items()
            if key.startswith(starts) and not is_ours(key) and not is_apparmor(key)
        }

    labels, annotations = chosen("labels"), chosen("annotations")
    if not labels and not annotations:
        return NOTHING
    return Propagated(labels=labels, annotations=annotations)
