"""Workflows and Functions in memory: whole while there is room for their texts, else slim.

A tenant may apply a thousand definitions of a megabyte. The large parts of an object (definition,
default input, code) are needed once a generation, so the API server is asked for them if they are
not at hand. A ``Book`` holds a bounded amount of text, that of the latest objects.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final, TypeAlias, TypeVar, cast

from asw.api.function import Function
from asw.api.objects import InvalidObject
from asw.api.workflow import Workflow
from asw.asl.values import to_text
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import FUNCTIONS, WORKFLOWS

MOST_TEXT: Final = 4 * 2**20
"""Characters held in total; parsed, they may take ten times as many bytes."""
LARGE: Final = 16_384
"""Objects with more characters are not looked at side by side, but in turn."""

MOST_OFFERED: Final = 16 * 2**20
"""The same for Executions that were not loaded yet: a few thousand small ones."""
_SMALL: Final = 2_000
"""Characters that an Execution has at least, roughly."""
_FRAME: Final = 200
"""Characters that a problem takes besides its path and message."""

Place: TypeAlias = tuple[str, str]
"""Namespace and name."""
Made = TypeVar("Made", bound=Workflow | Function)


class Book(dict[Place, Made]):
    """Objects of one kind, the latest of them whole. ``text`` is how many characters are held."""

    def __init__(self, most: int = MOST_TEXT) -> None:
        super().__init__()
        self._most = most
        self._sizes: OrderedDict[Place, int] = OrderedDict()
        self.text = 0

    def __setitem__(self, place: Place, made: Made) -> None:
        """Enter the object, and slim the oldest ones if there is no more room."""
        self._let_go(place)
        super().__setitem__(place, made)
        self._sizes[place] = size = weight_of(made)
        self.text += size
        while self.text > self._most:
            oldest = next(iter(self._sizes))
            self._let_go(oldest)
            super().__setitem__(oldest, slim(self[oldest]))

    def is_large(self, place: Place) -> bool:
        """Whether the object is large, or was made slim."""
        return self._sizes.get(place, LARGE + 1) > LARGE

    def forget(self, place: Place) -> None:
        """Forget the object, if it was known."""
        self._let_go(place)
        self.pop(place, None)

    def _let_go(self, place: Place) -> None:
        self.text -= self._sizes.pop(place, 0)


class Offers:
    """Objects of Executions that were not loaded yet, by uid; each is handed out once.

    If there is no room for an object it is not held: loading it asks the API server.
    """

    def __init__(self, most: int = MOST_OFFERED) -> None:
        self._most = most
        self._held: dict[str, tuple[Mapping[str, Any], int]] = {}
        self.text = 0

    def __contains__(self, uid: str) -> bool:
        return uid in self._held

    def put(self, uid: str, item: Mapping[str, Any]) -> None:
        """Hold the object if there is room."""
        self.take(uid)
        size = _weight_of_execution(item)
        if self.text + size <= self._most:
            self._held[uid] = item, size
            self.text += size

    def take(self, uid: str) -> Mapping[str, Any] | None:
        """Hand out the object and hold it no more; None if it was not held."""
        item, size = self._held.pop(uid, (None, 0))
        self.text -= size
        return item

    def clear(self) -> None:
        """Hold nothing."""
        self._held.clear()
        self.text = 0


def _weight_of_execution(item: Mapping[str, Any]) -> int:
    spec, status, metadata = item["spec"], item.get("status", {}), item["metadata"]
    texts = (spec.get("inputText"), status.get("record"), *metadata.get("annotations", {}).values())
    size = _SMALL + sum(len(text) for text in texts if text)
    return size + (len(to_text(spec["input"])) if "input" in spec else 0)


def weight_of(made: Workflow | Function) -> int:
    """Characters of the parts of the object that may be large, roughly."""
    if isinstance(made, Function):
        code, packages = made.spec.code, made.spec.packages
        lock = packages.lock if packages is not None else ""
        files = (code.inline or {}) if code is not None else {}
        return len(lock) + sum(map(len, files.values()))
    spec = made.spec
    size = len(spec.definition_text or "")
    size += sum(_FRAME + len(it.path) + len(it.message) for it in made.status.problems)
    if spec.definition is not None:
        size += len(to_text(spec.definition))
    if spec.default_input is not None:
        size += len(to_text(spec.default_input))
    return size


def slim(made: Made) -> Made:
    """The object without its large parts."""
    if isinstance(made, Function):
        code, packages = made.spec.code, made.spec.packages
        bare: dict[str, Any] = {}
        if code is not None and code.inline is not None:
            bare["code"] = code.model_copy(update={"inline": None})
        if packages is not None:
            bare["packages"] = packages.model_copy(
                update={"requirements": None, "package_lock": None}
            )
        if not bare:
            return made
        return made.model_copy(update={"spec": made.spec.model_copy(update=bare)})
    nothing: dict[str, Any] = {"definition": None, "definition_text": None}
    if made.spec.has_default_input:
        nothing["default_input"] = None
    spec = made.spec.model_copy(update=nothing)
    status = made.status.model_copy(update={"problems": ()})
    return made.model_copy(update={"spec": spec, "status": status})


def is_slim(made: Workflow | Function) -> bool:
    """Whether its large parts were left out."""
    if isinstance(made, Function):
        code, packages = made.spec.code, made.spec.packages
        has_no_lock = packages is not None and not packages.lock
        return has_no_lock or (code is not None and code.inline is None and not code.maps)
    return made.spec.definition is None and made.spec.definition_text is None


async def whole(client: KubeClient, made: Made) -> Made:
    """The complete object: if it was slim, as the API server holds it now.

    Raises NotFound if it is gone or was replaced by another one, and what the client raises.
    """
    if not is_slim(made):
        return made
    metadata = made.metadata
    resource = FUNCTIONS if isinstance(made, Function) else WORKFLOWS
    item = await client.get(resource, metadata.namespace, metadata.name)
    try:
        found = cast("Made", type(made).parse(item))
    except InvalidObject as error:
        raise NotFound(str(error)) from error
    if found.metadata.uid != metadata.uid:
        raise NotFound(f"{made.kind} {metadata.namespace}/{metadata.name} is another one by now")
    return found
