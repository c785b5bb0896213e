"""Removes users' values from a bundle: their shape stays, their content does not. Pure.

Texts become stars of the same length, numbers 0, booleans false; keys, lengths of arrays and nulls
stay. Names of states, functions, errors and objects are no payloads, and neither is code.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from asw.api.applied import LAST_APPLIED
from asw.api.history import PAYLOAD_FIELDS, VARIABLES_FIELD
from asw.asl.jsonpath import PathSyntaxError, parse_path
from asw.asl.values import Json, JsonObject
from asw.engine.history import Event
from asw.engine.record import Record
from asw.engine.record_text import PAYLOAD_FIELDS as RECORD_FIELDS
from asw.engine.record_text import from_plain, to_plain
from asw.executions.bundles.contents import Bundle, Exported
from asw.executions.port import TaskSnapshot
from asw.executions.run import Run
from asw.executions.visits import FAULTS
from asw.failures import Failure
from asw.messages import t

ALL: Final = "all"
_CAUSES: Final = frozenset({"cause", "Cause"})
_ERRORS: Final = frozenset({"error", "Error"})
_PUBLIC: Final = ("States.", "Asw.", "Lambda.", "Sandbox.", "Runtime.", "Shell.")
"""How error names of the language and of the machinery begin."""
_MACHINERY: Final = ("asw.dev", "kubernetes.io", "k8s.io", "helm.sh")
"""Domains of labels and annotations that are not written by hand."""

_SHORTEST: Final = 4
"""Least characters of a text, or digits of a whole number, that are no coincidence."""

Hide = Callable[[Json], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What hides the secret parts of a value.

    ``note`` hides those of a label or an annotation, ``name`` those of an error name, which a
    definition may compute.
    """

    value: Hide
    note: Callable[[str], str]
    name: Callable[[str], str]


def redacted(bundle: Bundle, paths: tuple[str, ...] = ()) -> Bundle:
    """The bundle without its values: all of them, or those at these paths.

    Raises Failure for what is not a path.
    """
    cover = _of_paths(bundle, paths) if paths else _of_everything(bundle)
    marks = dict.fromkeys((*bundle.redacted, *(paths or (ALL,))))
    return replace(_covered(bundle, cover), redacted=(ALL,) if ALL in marks else tuple(marks))


def _of_paths(bundle: Bundle, paths: tuple[str, ...]) -> Cover:
    """Hides what is at the paths, and copies of it elsewhere."""
    traces = _Traces()
    hide = by_paths(paths)
    noting = by_paths(paths, traces.note)
    as_it_is: Callable[[str], str] = str
    _covered(bundle, Cover(value=noting, note=as_it_is, name=as_it_is))
    return Cover(
        value=lambda value: traces.without(hide(value)),
        note=traces.text_without,
        name=traces.text_without,
    )


def _covered(bundle: Bundle, cover: Cover) -> Bundle:
    return replace(
        bundle,
        main=_exported(bundle.main, cover),
        workflow=None if bundle.workflow is None else _workflow(bundle.workflow, cover),
        functions=tuple(_function(each, cover) for each in bundle.functions),
        children=tuple(_exported(each, cover) for each in bundle.children),
    )


def covered(value: Json) -> Json:
    """The value with nothing left but its shape."""
    if isinstance(value, str):
        return _stars(value)
    if isinstance(value, dict):
        return {key: covered(each) for key, each in value.items()}
    if isinstance(value, list):
        return [covered(each) for each in value]
    return None if value is None else type(value)()


def _of_everything(bundle: Bundle) -> Cover:
    """Hides all values, and error names that a Fail state made of them."""
    known = _error_names(bundle)
    written = bundle.definition_text or ""

    def name(text: str) -> str:
        is_name = text in known or text.startswith(_PUBLIC) or f'"{text}"' in written
        return text if is_name else _stars(text)

    return Cover(value=covered, note=_stars, name=name)


def _error_names(bundle: Bundle) -> frozenset[str]:
    """Those given by functions, and by the user who aborted the execution."""
    everything = (bundle.main, *bundle.children)
    return frozenset(
        str(event.details.get("error"))
        for exported in everything
        for event in exported.events
        if event.type in FAULTS or event.type == "ExecutionAborted"
    )


def _stars(text: str) -> str:
    return "*" * len(text)


def by_paths(paths: tuple[str, ...], noting: Callable[[Json], None] | None = None) -> Hide:
    """Hides what stands wherever the names of a path follow each other, at any depth.

    A value moves as it goes from state to state (ResultPath, Parameters), so that a path from the
    root would miss it further on. ``noting`` is told what is hidden.
    """
    chains = [_chain(path) for path in paths]

    def hidden(value: Json) -> Json:
        if noting is not None:
            noting(value)
        return covered(value)

    return lambda value: _hidden(value, (), chains, hidden)


def _chain(path: str) -> tuple[str, ...]:
    plain = path.replace("..", ".") if path.startswith("$..") else path
    try:
        steps = parse_path(plain).steps
    except PathSyntaxError as error:
        steps, why = None, str(error)
    else:
        why = t("the path may only contain names, as in $.customer.email or $..email")
    names = tuple(step for step in steps or () if isinstance(step, str))
    if not names:
        raise Failure(
            t("cannot redact {path!r}: {why}", path=path, why=why),
            remedy=t("give one path with each option: --redact-path '$.customer.email'"),
        )
    return names


def _hidden(value: Json, above: tuple[str, ...], chains: list[tuple[str, ...]], hide: Hide) -> Json:
    if any(above[-len(chain) :] == chain for chain in chains):
        return hide(value)
    if isinstance(value, dict):
        return {key: _hidden(each, (*above, key), chains, hide) for key, each in value.items()}
    if isinstance(value, list):
        return [_hidden(each, above, chains, hide) for each in value]
    return value


# Copies


class _Traces:
    """Follows hidden values to where they were copied.

    A value moves as it goes from state to state: under another name by Parameters or a variable,
    into a longer text by States.Format. A path finds it where its names are; this finds it
    elsewhere.
    """

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._numbers: set[int] = set()

    def note(self, value: Json) -> None:
        """Remember what is in the value, if it is long enough to be recognised."""
        for leaf in _leaves(value):
            if isinstance(leaf, str) and len(leaf) >= _SHORTEST:
                self._texts.add(leaf)
            elif type(leaf) is int and len(str(abs(leaf))) >= _SHORTEST:
                self._numbers.add(leaf)
                self._texts.add(str(leaf))

    def without(self, value: Json) -> Json:
        """The value with stars for these texts, wherever they stand, and 0 for these numbers."""
        if isinstance(value, str):
            return self.text_without(value)
        if isinstance(value, dict):
            return {key: self.without(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.without(each) for each in value]
        return 0 if type(value) is int and value in self._numbers else value

    def text_without(self, text: str) -> str:
        """The text with stars for what was noted."""
        if text in self._texts:
            return "*" * len(text)
        held = [it for it in self._texts if it in text]
        for noted in sorted(held, key=len, reverse=True):
            text = text.replace(noted, "*" * len(noted))
        return text


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)
    else:
        yield value


# Where values are


def _exported(exported: Exported, cover: Cover) -> Exported:
    return replace(
        exported,
        run=Run(_manifest(exported.run.manifest, cover)),
        events=tuple(_event(event, cover) for event in exported.events),
        record=None if exported.record is None else _record(exported.record, cover),
        tasks=tuple(_task(task) for task in exported.tasks),
        lines=tuple(replace(it, text=covered(it.text)) for it in exported.lines),
    )


def _task(task: TaskSnapshot) -> TaskSnapshot:
    """Its trouble may be the cause of a function's error."""
    return replace(task, trouble=covered(task.trouble))


def _event(event: Event, cover: Cover) -> Event:
    return event._replace(details=_details(event.details, cover))


def _details(details: JsonObject, cover: Cover) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in details.items():
        if key in PAYLOAD_FIELDS or key == VARIABLES_FIELD:
            found[key] = cover.value(value)
        elif key in _CAUSES:
            found[key] = _cause(value)
        elif key in _ERRORS and isinstance(value, str):
            found[key] = cover.name(value)
        else:
            found[key] = value
    return found


def _cause(text: Json) -> Json:
    """A cause may quote any value: JSON keeps its shape, other text its length."""
    if not isinstance(text, str):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return covered(text)
    if not isinstance(value, dict | list):
        return covered(text)
    hidden = covered(value)
    if isinstance(value, dict) and "errorType" in value:
        hidden["errorType"] = value["errorType"]  # a name, as the error itself
    return json.dumps(hidden)


def _record(record: Record, cover: Cover) -> Record:
    return from_plain(_plain_record(to_plain(record), cover))


def _plain_record(plain: Any, cover: Cover) -> Any:
    """The tree of a record; what is the engine's own stays the same."""
    if isinstance(plain, list):
        return [_plain_record(each, cover) for each in plain]
    if not isinstance(plain, dict):
        return plain
    found: dict[str, Any] = {}
    for key, value in plain.items():
        if key == "outputs":
            found[key] = {index: cover.value(each) for index, each in value.items()}
        elif key == "failures":
            found[key] = {index: _details(each, cover) for index, each in value.items()}
        elif key in RECORD_FIELDS:
            found[key] = cover.value(value)
        elif key in _CAUSES:
            found[key] = _cause(value)
        elif key in _ERRORS and isinstance(value, str):
            found[key] = cover.name(value)
        else:
            found[key] = _plain_record(value, cover)
    return found


def _manifest(manifest: JsonObject, cover: Cover) -> JsonObject:
    """An Execution without its input, output, cause and what kubectl noted of them."""
    spec, status = dict(manifest.get("spec") or {}), dict(manifest.get("status") or {})
    if "input" in spec:
        spec["input"] = cover.value(spec["input"])
    if "inputText" in spec:
        spec["inputText"] = covered(spec["inputText"])
    if spec.get("stop"):
        spec["stop"] = _details(spec["stop"], cover)
    if "output" in status:
        status["output"] = cover.value(status["output"])
    if "cause" in status:
        status["cause"] = _cause(status["cause"])
    if isinstance(status.get("result"), str):
        status["result"] = covered(status["result"])
    if isinstance(status.get("error"), str):
        status["error"] = cover.name(status["error"])
    if "conditions" in status:
        status["conditions"] = [_condition(each) for each in status["conditions"]]
    return {**_with_notes(manifest, cover), "spec": spec, "status": status}


def _condition(condition: JsonObject) -> JsonObject:
    """The message of Succeeded repeats the cause."""
    if "message" not in condition or condition.get("type") in ("Reconciling", "Redriven"):
        return condition
    return {**condition, "message": covered(condition["message"])}


def _workflow(manifest: JsonObject, cover: Cover) -> JsonObject:
    spec = dict(manifest.get("spec") or {})
    if "defaultInput" in spec:
        spec["defaultInput"] = cover.value(spec["defaultInput"])
    return {**_with_notes(manifest, cover), "spec": spec}


def _function(manifest: JsonObject, cover: Cover) -> JsonObject:
    """Values of its environment are hidden; where they come from is not."""
    spec = dict(manifest.get("spec") or {})
    if spec.get("env"):
        spec["env"] = [
            {**each, "value": covered(each["value"])} if "value" in each else each
            for each in spec["env"]
        ]
    return {**_with_notes(manifest, cover), "spec": spec}


def _with_notes(manifest: JsonObject, cover: Cover) -> Mapping[str, Any]:
    """Its users' labels and annotations hidden, and without what kubectl applied."""
    metadata = dict(manifest.get("metadata") or {})
    for field in ("labels", "annotations"):
        if field in metadata:
            metadata[field] = {
                key: text if _is_machinery(key) else cover.note(text)
                for key, text in (metadata[field] or {}).items()
                if key != LAST_APPLIED
            }
    return {**manifest, "metadata": metadata}


def _is_machinery(key: str) -> bool:
    domain = key.partition("/")[0] if "/" in key else ""
    return any(domain == it or domain.endswith(f".{it}") for it in _MACHINERY)
