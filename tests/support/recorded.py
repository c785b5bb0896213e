"""Recorded answers of AWS: which cases there are, and running one on the bare engine.

The folder is named by ASW_CONFORMANCE, else it lies beside the checkout; its own ``match.py`` says
whether what we saw fits what was recorded.
"""

import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from asw.asl.errors import FUNCTION_NOT_FOUND
from asw.asl.parse import find_problems
from asw.asl.values import Json, from_text, to_text
from asw.engine.facts import StopRequested
from tests.support.play import Later, Play, Raised, header, play

Case = dict[str, Any]
DEFAULT = Path(__file__).parents[3] / "shared" / "conformance" / "cases"


def folder() -> Path | None:
    """Where the cases are, None where there are none."""
    found = Path(os.environ.get("ASW_CONFORMANCE", DEFAULT))
    return found if found.is_dir() else None


def supported_cases() -> Iterator[Case]:
    """Executions whose definition this version runs; the others are refused as not supported."""
    where = folder()
    for path in sorted(where.glob("*.json")) if where else []:
        case = json.loads(path.read_text())
        if case["kind"] == "execution" and not _is_refused(case):
            yield case


def _is_refused(case: Case) -> bool:
    return any(it.severity == "ERROR" for it in find_problems(to_text(case["definition"]), "ASL"))


@cache
def matching() -> ModuleType:
    """The rules of comparison that come with the cases."""
    where = folder()
    assert where is not None
    spec = importlib.util.spec_from_file_location("conformance_match", where.parent / "match.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(case: Case) -> Play:
    """Run a case, its functions in this process, asleep in virtual time."""
    functions = {name: _function(it) for name, it in case["functions"].items()}
    stop = [StopRequested()] if "stop" in str(case.get("actions")) else []
    return play(
        case["definition"],
        case["input"] if case["input_given"] else {},
        _Functions(functions),
        facts_later=stop,
        execution=header(
            name="<ExecArnPart_0idx>",
            workflow_name="<ArnPart_0idx>",
            workflow_arn="arn:<partition>:states:<region>:111111111111:stateMachine:<ArnPart_0idx>",
        ),
    )


class _Functions(dict[str, Callable[[Json], Json]]):
    """The case's functions; any other name is answered as AWS answers it."""

    def __missing__(self, name: str) -> Callable[[Json], Json]:
        arn = f"arn:aws:lambda:us-east-1:111111111111:function:{name}:$LATEST"

        def absent(_event: Json) -> Json:
            raise Raised(
                FUNCTION_NOT_FOUND,
                f"Function not found: {arn} (Service: AWSLambda; Status Code: 404; Error Code: "
                "ResourceNotFoundException; Request ID: <request_id>; Proxy: null)",
            )

        return absent


def _function(recorded: Case) -> Callable[[Json], Json]:
    slept: list[float] = []
    names: dict[str, Any] = {}
    fake_time = SimpleNamespace(sleep=slept.append)
    real_time, sys.modules["time"] = sys.modules["time"], fake_time  # type: ignore[assignment]
    try:
        exec(recorded["source"], names)
    finally:
        sys.modules["time"] = real_time
    handler = names[recorded["handler"].rpartition(".")[2]]

    def call(event: Json) -> Json:
        slept.clear()
        try:
            result = handler({} if event is None else event, SimpleNamespace())
        except Exception as error:
            raise Raised(type(error).__name__, _cause(error)) from error
        output = _answer(result)
        return Later(sum(slept), output) if slept else output

    return call


def _answer(result: Any) -> Json:
    if not isinstance(result, bytes):
        return from_text(to_text(result))
    try:
        return from_text(result)
    except ValueError:
        return result.decode()


def _cause(error: Exception) -> str:
    texts = {"errorMessage": str(error), "errorType": type(error).__name__}
    return to_text({**texts, "requestId": "<uuid:1>", "stackTrace": []})
