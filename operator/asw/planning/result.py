"""What applying manifests would change in a namespace. Pure.

Objects that only the cluster has are listed and stay: applying deletes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from asw.asl.values import Json
from asw.planning.in_flight import InFlightRun
from asw.planning.values import Difference

Kind: TypeAlias = Literal["Workflow", "Function", "Execution"]
Fate: TypeAlias = Literal["added", "changed", "same"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectOutlook:
    """What would happen to one object.

    ``notes`` are sentences on changes without a field. ``refusal`` is why the API server would not
    accept it. ``flights`` are executions of a Workflow that gets another definition,
    ``more_flights`` is the number of those not read. ``callers`` are executions in flight that call
    a Function with a new spec: no revision keeps the old one.
    """

    kind: Kind
    name: str
    fate: Fate
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: str | None = None
    flights: tuple[InFlightRun, ...] = ()
    more_flights: int = 0
    callers: tuple[str, ...] = ()

    def to_plain(self) -> Json:
        """For programs."""
        plain: dict[str, Json] = {"kind": self.kind, "name": self.name, "change": self.fate}
        more: dict[str, Json] = {
            "differences": [each.to_plain() for each in self.differences],
            "notes": list(self.notes),
            "refusal": self.refusal,
            "inFlight": [flight.to_plain() for flight in self.flights],
            "moreInFlight": self.more_flights,
            "calledInFlightBy": list(self.callers),
        }
        return plain | {name: value for name, value in more.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """What would happen to all objects; ``place`` is the namespace.

    ``missing_functions`` names Functions that exist neither in the files nor in the namespace, each
    with the Workflow that calls it. ``gaps`` are sentences on what the user may not ask.
    """

    place: str
    objects: tuple[ObjectOutlook, ...]
    only_there: Mapping[Kind, tuple[str, ...]]
    missing_functions: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()

    @property
    def has_differences(self) -> bool:
        """Whether applying would change anything."""
        return any(each.fate != "same" for each in self.objects)

    @property
    def has_refusals(self) -> bool:
        """Whether applying would fail."""
        return any(each.refusal is not None for each in self.objects)

    def count(self, fate: Fate) -> int:
        """How many objects have this fate."""
        return sum(each.fate == fate for each in self.objects)

    def to_plain(self) -> Json:
        """For programs."""
        return {
            "place": self.place,
            "hasDifferences": self.has_differences,
            "objects": [each.to_plain() for each in self.objects],
            "onlyThere": {kind: list(names) for kind, names in self.only_there.items() if names},
            "missingFunctions": dict(self.missing_functions),
            **({"notAsked": list(self.gaps)} if self.gaps else {}),
        }
