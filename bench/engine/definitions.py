"""A definition as large as one may be, in either query language; no two of its states are alike."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from asw.asl.values import Json, to_text

LARGEST: Final = 1024 * 1024
"""AWS: the bytes that a definition may have."""

Object: TypeAlias = dict[str, Json]
Group: TypeAlias = Callable[[str, str], Object]

_HANDLED: Final[Object] = {
    "TimeoutSeconds": 300,
    "HeartbeatSeconds": 30,
    "Retry": [
        {"ErrorEquals": ["States.Timeout", "Busy"], "IntervalSeconds": 2, "BackoffRate": 1.5},
        {"ErrorEquals": ["States.ALL"], "MaxAttempts": 2, "JitterStrategy": "FULL"},
    ],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}],
}


def large_definition(language: str, size: int = LARGEST) -> str:
    """A definition of so many bytes, or of one group of states less; it has no problems."""
    group = _GROUPS[language]
    head = {"QueryLanguage": language, "StartAt": "Call 00000"}
    number = 0
    states: Object = {"Done": {"Type": "Succeed"}}
    room = size - len(to_text({**head, "States": states}))
    while (room := room - len(to_text(group(f"{number:05}", f"{number + 1:05}")))) > 0:
        states |= group(f"{number:05}", f"{number + 1:05}")
        number += 1
    states |= {f"Call {number:05}": {"Type": "Pass", "Next": "Done"}}
    return to_text({**head, "States": states})


def _jsonpath(this: str, following: str) -> Object:
    call = {
        "order.$": f"$.orders[{int(this)}].id",
        "text.$": f"States.Format('{{}} of {this}', $.name)",
        "fixed": {"a": [1, 2, 3], "b": f"text {this}"},
    }
    rules = [
        {"Variable": f"$.work{this}.state", "StringEquals": "READY", "Next": f"All {this}"},
        {
            "And": [
                {"Variable": f"$.work{this}.count", "NumericGreaterThan": int(this)},
                {"Not": {"Variable": f"$.work{this}.at", "IsPresent": True}},
            ],
            "Next": f"Wait {this}",
        },
    ]
    return {
        f"Call {this}": _task(this, f"Test {this}")
        | {"Parameters": call, "ResultPath": f"$.work{this}"},
        f"Test {this}": {"Type": "Choice", "Choices": rules, "Default": f"Call {following}"},
        f"Wait {this}": {"Type": "Wait", "SecondsPath": f"$.work{this}.wait"}
        | {"Next": f"Call {following}"},
        f"All {this}": {
            "Type": "Map",
            "ItemsPath": f"$.work{this}.items",
            "MaxConcurrency": 5,
            "ItemProcessor": _block(_task(f"{this} item") | {"InputPath": f"$.item{this}"}),
            "Next": f"Call {following}",
        },
    }


def _jsonata(this: str, following: str) -> Object:
    call = {
        "order": f"{{% $states.input.orders[{int(this)}].id %}}",
        "text": f"{{% $states.input.name & ' of {this}' %}}",
        "fixed": {"a": [1, 2, 3], "b": f"text {this}"},
    }
    rules = [
        {"Condition": f"{{% $work{this}.state = 'READY' %}}", "Next": f"All {this}"},
        {
            "Condition": f"{{% $work{this}.count > {int(this)} and $not($exists($work{this})) %}}",
            "Next": f"Wait {this}",
        },
    ]
    return {
        f"Call {this}": _task(this, f"Test {this}")
        | {"Arguments": call, "Assign": {f"work{this}": "{% $states.result %}"}},
        f"Test {this}": {"Type": "Choice", "Choices": rules, "Default": f"Call {following}"},
        f"Wait {this}": {"Type": "Wait", "Seconds": f"{{% $work{this}.wait %}}"}
        | {"Next": f"Call {following}"},
        f"All {this}": {
            "Type": "Map",
            "Items": f"{{% $work{this}.items %}}",
            "MaxConcurrency": 5,
            "ItemProcessor": _block(_task(f"{this} item") | {"Output": f"{{% {int(this)} %}}"}),
            "Next": f"Call {following}",
        },
    }


def _task(this: str, following: str | None = None) -> Object:
    task = {"Type": "Task", "Resource": f"asw:function:work-{this[:5]}"}
    if following is None:
        return {**task, "TimeoutSeconds": 60, "End": True}
    return {**task, **_HANDLED, "Next": following}


def _block(state: Object) -> Object:
    name = f"Item {state['Resource'][-5:]}"
    return {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": name, "States": {name: state}}


_GROUPS: Final[Mapping[str, Group]] = {"JSONPath": _jsonpath, "JSONata": _jsonata}
