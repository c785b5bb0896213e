"""Rewrites a definition for asw: Functions by name, with notes on what asw lacks.

Pure. States, transitions and data flow stay as they are.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from asw.asl.parse import find_problems
from asw.asl.problems import IGNORED, NOT_SUPPORTED, Problem
from asw.asl.resources import (
    ActivityResource,
    FunctionInvocation,
    FunctionResource,
    LambdaInvokeResource,
    ServiceInvocation,
    ServiceResource,
    parse_function_name,
    parse_resource,
)
from asw.asl.values import Json, to_text
from asw.importing.found import FoundMachine, Kind, Note
from asw.importing.manifests import public_name
from asw.importing.tokens import TOKEN
from asw.lint.fields import value_at
from asw.lint.findings import steps_of
from asw.lint.hints import instead_of, summary_of, translated
from asw.messages import t

_QRN: Final = re.compile(r"(qrn:.+:scf:Invoke/)([^/]+)")
_SUFFIXES: Final = (".Arn", "FunctionArn", "LambdaArn", "Arn", "FunctionName", "Name")
_OTHER: Final = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(slots=True)
class Rewriting:
    """The rewriting of one definition: the functions that it calls, and notes.

    ``names`` maps each name of a function in the export to its name here. ``callers`` collects the
    places that call each function.
    """

    machine: FoundMachine
    names: Mapping[str, str]
    notes: list[Note] = field(default_factory=list)
    callers: dict[str, list[str]] = field(default_factory=dict)

    def rewrite(self) -> Json:
        """The definition with its Functions under their names here."""
        return self._block(self.machine.definition, "")

    def _block(self, block: Json, path: str) -> Json:
        states = block.get("States") if isinstance(block, dict) else None
        if not isinstance(states, dict):
            return block
        done = {name: self._state(it, f"{path}/States/{name}") for name, it in states.items()}
        return {**block, "States": done}

    def _state(self, state: Json, path: str) -> Json:
        if not isinstance(state, dict):
            return state
        state = dict(state)
        for key in ("Iterator", "ItemProcessor"):
            if key in state:
                state[key] = self._block(state[key], f"{path}/{key}")
        if isinstance(state.get("Branches"), list):
            state["Branches"] = [
                self._block(branch, f"{path}/Branches/{number}")
                for number, branch in enumerate(state["Branches"])
            ]
        if state.get("Type") == "Map":
            self._tell_objects(state, path)
        if state.get("Type") == "Task" and isinstance(state.get("Resource"), str):
            return self._task(state, path)
        return state

    def _task(self, state: dict[str, Json], path: str) -> Json:
        resource = state["Resource"]
        if token := TOKEN.fullmatch(resource):
            name = self._call(self._guess(token[1]), f"{path}/Resource")
            return {**state, "Resource": f"asw:function:{name}"}
        found = parse_resource(resource)
        match found:
            case FunctionResource(invocation=invocation):
                name = self._call(self._known(invocation), f"{path}/Resource")
                self._tell_qualifier(invocation, f"{path}/Resource")
                return {**state, "Resource": _spell(resource, name, invocation)}
            case LambdaInvokeResource():
                for key in ("Parameters", "Arguments"):
                    if isinstance(state.get(key), dict):
                        state[key] = self._invoke(state[key], f"{path}/{key}")
            case ServiceResource(invocation=invocation) if not invocation.is_nested:
                self._tell_service(invocation, resource, f"{path}/Resource")
            case ActivityResource(invocation=invocation):
                message = t("{resource}: workers do its tasks", resource=resource)
                remedy = t(
                    "apply an Activity {name}, and start workers: asw activity worker",
                    name=invocation.activity,
                )
                self._tell("open", f"{path}/Resource", message, remedy)
        return state

    def _tell_service(self, invocation: ServiceInvocation, resource: str, path: str) -> None:
        message = t("{resource}: no Connection says where that is", resource=resource)
        remedy = t(
            "name one for {service} in spec.connections of the Workflow", service=invocation.service
        )
        self._tell("open", path, message, remedy)

    def _invoke(self, fields: Mapping[str, Json], path: str) -> Json:
        fields = dict(fields)
        given = fields.get("FunctionName")
        if "Qualifier" in fields:
            qualifier = fields.pop("Qualifier")
            self._tell_qualifier(
                FunctionInvocation(name="", qualifier=str(qualifier)), f"{path}/Qualifier"
            )
        if not isinstance(given, str) or given.startswith("{%"):
            self._tell(
                "function",
                path,
                t("the function is chosen at run time"),
                t("apply a Function for every name that may occur there"),
            )
            return fields
        token = TOKEN.fullmatch(given)
        invocation = parse_function_name(given)
        name = self._guess(token[1]) if token else self._known(invocation)
        if not token:
            self._tell_qualifier(invocation, f"{path}/FunctionName")
        return {**fields, "FunctionName": self._call(name, f"{path}/FunctionName")}

    def _known(self, invocation: FunctionInvocation) -> str:
        name = invocation.name
        return public_name(self.names.get(name, name))

    def _guess(self, token: str) -> str:
        """The name of the Function for a token such as ``ChargeFunctionArn``."""
        name = token.strip()
        for suffix in _SUFFIXES:
            stem = name.removesuffix(suffix)
            if stem and stem != name:
                name = stem
                break
        name = self.names.get(name, self.names.get(f"{name}Function", name))
        return public_name(_OTHER.sub("-", name).strip("-") or "function")

    def _call(self, name: str, path: str) -> str:
        self.callers.setdefault(name, []).append(self._at(path))
        return name

    def _at(self, path: str) -> str:
        return f"{self.machine.place}: {path}"

    def _tell_qualifier(self, invocation: FunctionInvocation, path: str) -> None:
        if invocation.qualifier not in (None, "", "$LATEST", "$DEFAULT"):
            self._tell(
                "left-out",
                path,
                t("version or alias {name}", name=invocation.qualifier),
                t("Functions have no versions: the current one is called"),
            )
        if invocation.namespace:
            self._tell(
                "left-out",
                path,
                t("SCF namespace {name}", name=invocation.namespace),
                t("the Function is looked up in the Workflow's own namespace"),
            )

    def _tell_objects(self, state: Mapping[str, Json], path: str) -> None:
        message = t("only asw run reads and writes objects of S3, in folders")
        for key, remedy in (
            ("ItemReader", t("on a cluster, have a Function before it return the items")),
            ("ResultWriter", t("on a cluster, remove it: the output has the results")),
        ):
            if isinstance(state.get(key), dict) and "Resource" in state[key]:
                self._tell("unsupported", f"{path}/{key}", message, remedy)

    def _tell(self, kind: Kind, path: str, message: str, remedy: str) -> None:
        self.notes.append(Note(kind=kind, place=self._at(path), message=message, remedy=remedy))


def problems_of(machine: FoundMachine, definition: Json) -> Iterator[Note]:
    """What the validator says about the definition; for services, what to use instead.

    A Resource with a placeholder is reported among the values to fill in.
    """
    for problem in find_problems(to_text(definition), machine.dialect):
        value = value_at(definition, steps_of(problem.path))
        is_open = isinstance(value, str) and "${" in value and problem.path.endswith("/Resource")
        if not is_open:
            yield _note(machine, value, problem)


def _note(machine: FoundMachine, value: Json, problem: Problem) -> Note:
    """The note on a problem; ``value`` is what its path leads to."""
    kind: Kind = "invalid"
    message, remedy = f"{problem.code}: {summary_of(problem)}", translated(problem.hint)
    if problem.code == NOT_SUPPORTED:
        kind, message = "unsupported", summary_of(problem)
        if isinstance(value, str):
            message = t("{resource} is not supported", resource=value)
            remedy = instead_of(value)
    elif problem.code == IGNORED or problem.severity == "WARNING":
        kind = "left-out"
    place = f"{machine.place}: {problem.path}"
    return Note(kind=kind, place=place, message=message, remedy=remedy)


def _spell(resource: str, name: str, invocation: FunctionInvocation) -> str:
    """The Resource for this Function: a qrn stays one, an ARN becomes the short form."""
    found = _QRN.match(resource)
    if not found:
        return f"asw:function:{name}"
    is_plain = invocation.qualifier is None and invocation.namespace is None
    rest = resource[found.end() :] if is_plain else ""
    return f"{found[1]}{name}{rest}"
