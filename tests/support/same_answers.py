"""The conformance sample as files: for ``asw test`` with mocks, for ``asw run`` with Functions.

A case of AWS's Lambda functions is recorded once, as the conformance suite runs it; its answers
become the mocks of a test file. For ``asw run`` the functions themselves are Functions: one for
each name, which loads the source of the case that it works for.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asw.asl.values import Json
from asw.engine.answers import Answer, Raised, Returned
from asw.engine.commands import StartTask
from asw.engine.simulation import MapItem, Simulation
from tests.conformance.case_files import CaseFile
from tests.conformance.functions import Functions
from tests.conformance.verdicts import definition_text, header_of, played

LONGEST_SECONDS = 3
"""Virtual seconds of a case that ``asw run`` plays in real time."""
HASTY = {
    "base-evaluate-expressions.base-task.HEARTBEAT-SECONDS.0.48549292",
    "base-evaluate-expressions.base-task.TIMEOUT-SECONDS.0.16b57aaf",
}
"""Cases of a Task that must be done in a second."""

API = {"apiVersion": "asw.dev/v1alpha1"}

DISPATCHER = '''"""Runs the source of the execution that calls; a child has another name."""
import os

EXECUTIONS = {executions}
SOURCES = {sources}
loaded = {{}}


def main_handler(event, context):
    execution = os.environ["ASW_EXECUTION"]
    if execution not in loaded:
        source, name = SOURCES[EXECUTIONS.get(execution, 0)]
        names = {{"__name__": "handler", "__file__": "handler.py"}}
        exec(source, names)
        loaded[execution] = names[name]
    return loaded[execution](event, context)
'''


@dataclass
class Recorder:
    """An outside that answers by a case's functions, and keeps what they answered by state."""

    functions: Functions
    answers: dict[str, list[Json]] = field(default_factory=dict)

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:
        """See Outside."""
        answer = self.functions.answer(command, items)
        mock: dict[str, Json] = {"delay": answer.seconds, **_end(answer)}
        if items:  # lines inside of Maps are told apart by what they work on
            mock["when"] = {"input": {"$exact": command.payload}, "index": items[0].index}
        self.answers.setdefault(command.state, []).append(mock)
        return answer


def _end(answer: Answer) -> dict[str, Json]:
    match answer.end:
        case Returned(output=output):
            return {"result": output}
        case Raised(error=error, cause=None):
            return {"error": error}
        case Raised(error=error, cause=cause):
            return {"error": error, "cause": cause}
    raise AssertionError("functions return or raise")


_OTHERS = re.compile(r':activity:|:states:::(?!lambda:invoke")')
"""What is neither a Function nor answered by one."""


def recorded(file: CaseFile) -> tuple[Simulation, dict[str, list[Json]]]:
    """How the engine plays the case, and what its functions answered. Raises InvalidDefinition."""
    recorder = Recorder(Functions(file.case.get("functions") or {}))
    return played(file.case, recorder), recorder.answers


def gap_of(file: CaseFile) -> str:
    """Why neither ``asw test`` nor ``asw run`` is asked for the case; empty where both are."""
    waits_for_others = _OTHERS.search(definition_text(file.case)) is not None
    return "it is about a service of AWS that is not there" if waits_for_others else ""


def reason_not_to_run(file: CaseFile, seen: Simulation) -> str:
    """Why ``asw run`` is not asked for the case; empty where it is."""
    if file.case.get("actions"):
        return "somebody stops it a millisecond after its start"
    if file.id in HASTY:
        return "its task has a second, in which a busy machine may not even start a process"
    seconds = (seen.ends_at - seen.record.header.started_at).total_seconds()
    return f"it takes {seconds:g} s" if seconds > LONGEST_SECONDS else ""


def is_alone(file: CaseFile) -> bool:
    """Whether the case's functions must not share processes with other cases.

    Some count their calls in memory; children of distributed Maps do not say whose they are.
    """
    functions = (file.case.get("functions") or {}).values()
    is_distributed = '"DISTRIBUTED"' in definition_text(file.case)
    return any("global " in it["source"] or "append(" in it["source"] for it in functions) or (
        bool(functions) and is_distributed
    )


def write_test(folder: Path, file: CaseFile, mocks: Mapping[str, Json]) -> None:
    """The case as a Workflow and a test file beside it, which expects AWS's status."""
    case = file.case
    write_workflow(folder, file, "flow")
    one: dict[str, Any] = {
        "name": file.id,
        "mocks": mocks,
        "context": {"startTime": header_of(case).started_at.isoformat()},
        "expect": {"status": case["expect"]["status"]},
    }
    if case.get("input_given", True):
        one["input"] = case["input"]
    stops = [{"after": 0.001, "stop": stop_of(it)} for it in case.get("actions") or ()]
    if stops:
        one["requests"] = stops
    _dump(folder / "flow.test.json", {**API, "kind": "WorkflowTest", "cases": [one]})


def stop_of(action: Mapping[str, Json]) -> Json:
    """The words of a stop."""
    return {name: action[name] for name in ("error", "cause") if action.get(name)} or True


def write_workflow(folder: Path, file: CaseFile, name: str) -> Path:
    """The case's Workflow, and its objects beside it; the file's path."""
    folder.mkdir(parents=True)
    dialect = file.case.get("dialect", "ASL")
    spec = {"definitionText": definition_text(file.case), "dialect": dialect}
    path = folder / "flow.json"
    _dump(path, {**API, "kind": "Workflow", "metadata": {"name": name}, "spec": spec})
    for it in file.case.get("s3_objects") or ():
        body = folder / "objects" / it["bucket"] / it["key"]
        body.parent.mkdir(parents=True, exist_ok=True)
        body.write_bytes(it["body"].encode())
    return path


def write_execution(name: str, file: CaseFile) -> dict[str, Json]:
    """The Execution of the case, as a manifest."""
    case = file.case
    given = {"input": case["input"]} if case.get("input_given", True) else {"input": {}}
    spec = {"workflowRef": {"name": name}, **given}
    return {**API, "kind": "Execution", "metadata": {"name": name}, "spec": spec}


def dispatchers(files: Mapping[str, CaseFile]) -> Iterator[dict[str, Json]]:
    """A Function for each name that the cases use; ``files`` by the names of executions."""
    sources: dict[str, list[tuple[str, str]]] = {}
    executions: dict[str, dict[str, int]] = {}
    for execution, file in files.items():
        for name, it in (file.case.get("functions") or {}).items():
            code = it["source"], it["handler"].rpartition(".")[2]
            known = sources.setdefault(name, [])
            if code not in known:
                known.append(code)
            executions.setdefault(name, {})[execution] = known.index(code)
    for number, name in enumerate(sources):
        text = DISPATCHER.format(executions=executions[name], sources=sources[name])
        code = {"inline": {"index.py": text}}
        spec = {"name": name, "runtime": "python3", "timeoutSeconds": 60, "code": code}
        yield {**API, "kind": "Function", "metadata": {"name": f"f{number}"}, "spec": spec}


def write_all(path: Path, objects: Sequence[Json]) -> Path:
    """Manifests in one file."""
    _dump(path, {"apiVersion": "v1", "kind": "List", "items": list(objects)})
    return path


def _dump(path: Path, content: Json) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
