"""Random machines for property tests: every state type, nested, with Retry and Catch, no loops.

Some states speak JSONata, some set variables; Maps may be distributed, with a reader and a writer.
"""

from typing import Any

from hypothesis import strategies as st

ERRORS = ("Oops", "Broken", "States.TaskFailed")


@st.composite
def machines(draw: st.DrawFn, depth: int = 2, *, distributed: bool = False) -> dict[str, Any]:
    """A definition whose top level has one to four states; Maps are inline unless said so."""
    machine = _block(draw, depth, "s")
    return _distributed(draw, machine) if distributed else machine


def _distributed(draw: st.DrawFn, block: dict[str, Any]) -> dict[str, Any]:
    """The block, with some of its Maps distributed, at any depth."""
    for state in block["States"].values():
        for branch in state.get("Branches", ()):
            _distributed(draw, branch)
        if state["Type"] == "Map":
            _distributed(draw, state["ItemProcessor"])
            if draw(st.booleans()):
                _distribute(draw, state)
    return block


def _distribute(draw: st.DrawFn, state: dict[str, Any]) -> None:
    state["ItemProcessor"]["ProcessorConfig"] = {
        "Mode": "DISTRIBUTED",
        "ExecutionType": "STANDARD",
    }
    if draw(st.booleans()):
        del state["ItemsPath"]
        state["ItemReader"] = _object("getObject", "Key")
    if draw(st.booleans()):
        state["ResultWriter"] = _object("putObject", "Prefix")
    if draw(st.booleans()):
        state["ToleratedFailureCount"] = draw(st.integers(0, 3))


def _object(action: str, field: str) -> dict[str, Any]:
    return {
        "Resource": f"arn:aws:states:::s3:{action}",
        "Parameters": {"Bucket": "b", field: "k"},
    }


def _block(draw: st.DrawFn, depth: int, prefix: str) -> dict[str, Any]:
    names = [f"{prefix}{n}" for n in range(draw(st.integers(1, 4)))]
    states = {
        name: _state(draw, depth, name, names[index + 1 :]) for index, name in enumerate(names)
    }
    return {"StartAt": names[0], "States": states}


def _state(draw: st.DrawFn, depth: int, name: str, after: list[str]) -> dict[str, Any]:
    kinds = ["Pass", "Task", "Task", "Wait"]
    if after:
        kinds.append("Choice")
    else:
        kinds += ["Succeed", "Fail"]
    if depth > 0:
        kinds += ["Parallel", "Map"]
    kind = draw(st.sampled_from(kinds))
    state: dict[str, Any] = {"Type": kind}
    if kind not in ("Choice", "Succeed", "Fail"):
        # The next state in line, always: every state stays reachable.
        state |= {"Next": after[0]} if after else {"End": True}
    fill = _FIELDS.get(kind)
    if fill is not None:
        state |= fill(draw, depth, name, after)
    if kind in ("Task", "Parallel", "Map"):
        state |= draw(_resilience(after))
    if kind in ("Pass", "Task", "Wait", "Parallel") and draw(st.booleans()):
        state |= draw(_assigning(kind, f"v{depth}"))
    return state


@st.composite
def _assigning(draw: st.DrawFn, kind: str, name: str) -> dict[str, Any]:
    """The state sets this variable, in either language; no state reads any."""
    if kind != "Task" or draw(st.booleans()):
        return {"Assign": {f"{name}.$": "$"}}
    output = draw(st.sampled_from(["{% $states.result %}", "{% $uuid() %}", "{% $error('no') %}"]))
    return {
        "QueryLanguage": "JSONata",
        "Arguments": {"n": "{% $random() %}"},
        "Assign": {name: "{% $states.input %}"},
        "Output": output,
    }


@st.composite
def _resilience(draw: st.DrawFn, after: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        retrier = {
            "ErrorEquals": [draw(st.sampled_from([*ERRORS, "States.ALL"]))],
            "IntervalSeconds": 1,
            "MaxAttempts": draw(st.integers(0, 2)),
            "JitterStrategy": draw(st.sampled_from(["NONE", "FULL"])),
        }
        found["Retry"] = [retrier]
    if after and draw(st.booleans()):
        found["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": draw(st.sampled_from(after))}]
    return found


def _pass(draw: st.DrawFn, _depth: int, _name: str, _after: list[str]) -> dict[str, Any]:
    return {"Result": draw(st.sampled_from([1, None, [1, 2], {"a": [1, 2, 3]}]))}


def _task(draw: st.DrawFn, _depth: int, _name: str, _after: list[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {"Resource": f"asw:function:f{draw(st.integers(0, 2))}"}
    return fields | ({"TimeoutSeconds": draw(st.integers(2, 5))} if draw(st.booleans()) else {})


def _wait(draw: st.DrawFn, _depth: int, _name: str, _after: list[str]) -> dict[str, Any]:
    return {"Seconds": draw(st.integers(0, 3))}


def _choice(draw: st.DrawFn, _depth: int, _name: str, after: list[str]) -> dict[str, Any]:
    rule = {"Variable": "$", "IsNull": draw(st.booleans()), "Next": after[-1]}
    return {"Choices": [rule], "Default": after[0]}


def _fail(draw: st.DrawFn, _depth: int, _name: str, _after: list[str]) -> dict[str, Any]:
    return {"Error": draw(st.sampled_from(ERRORS)), "Cause": "because"}


def _parallel(draw: st.DrawFn, depth: int, name: str, _after: list[str]) -> dict[str, Any]:
    count = draw(st.integers(1, 3))
    return {"Branches": [_block(draw, depth - 1, f"{name}b{n}") for n in range(count)]}


def _map(draw: st.DrawFn, depth: int, name: str, _after: list[str]) -> dict[str, Any]:
    return {
        "ItemsPath": "$$.Execution.Input.items",
        "MaxConcurrency": draw(st.integers(0, 2)),
        "ItemProcessor": _block(draw, depth - 1, f"{name}i"),
    }


_FIELDS = {
    "Pass": _pass,
    "Task": _task,
    "Wait": _wait,
    "Choice": _choice,
    "Fail": _fail,
    "Parallel": _parallel,
    "Map": _map,
}
