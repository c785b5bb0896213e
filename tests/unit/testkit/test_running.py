"""Cases: what mocks do, and what is expected of it."""

import pytest

from tests.support.play import definition, task
from tests.support.testing import Bench, case

RETRY = {"ErrorEquals": ["E"], "IntervalSeconds": 10, "MaxAttempts": 2, "BackoffRate": 2}
FLOW = definition("Work", Work=task(Retry=[RETRY]))
TIMED = definition("Work", Work=task(TimeoutSeconds=60, HeartbeatSeconds=20))
NAP = definition("Nap", Nap={"Type": "Wait", "Seconds": 300, "Next": "Work"}, Work=task())
INNER = definition("Each", Each=task("each", Retry=[RETRY]))
MAP = definition("All", All={"Type": "Map", "ItemProcessor": INNER, "End": True})
SPREAD = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **INNER}
PUT = {"Resource": "arn:aws:states:::dynamodb:putItem"}
PUT["Parameters"] = {"TableName": "t", "Item": {"id": {"S.$": "$.id"}}}
SAVE = definition("Save", Save=task(**PUT, Retry=[{**RETRY, "ErrorEquals": ["DynamoDB.E"]}]))
ASK = definition(
    "Ask",
    Ask=task(
        Resource="arn:aws:states:::lambda:invoke.waitForTaskToken",
        Parameters={"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
        HeartbeatSeconds=20,
    ),
)
JOB = definition(
    "Job",
    Job=task(Resource="arn:aws:states:::glue:startJobRun.sync", Parameters={"JobName": "j"}),
)
STAMP = definition("Stamp", Stamp=task(Resource="asw:activity:stamp"))
CHILDREN = definition("All", All={"Type": "Map", "ItemProcessor": SPREAD, "End": True})
OK = {"result": "ok"}
BAD = {"error": "E", "cause": "why"}

PASSES = [
    pytest.param(FLOW, case(mocks={"Work": OK}), id="success is enough"),
    pytest.param(FLOW, case(mocks={"Work": {"result": None}}, expect={"output": None}), id="null"),
    pytest.param(
        FLOW,
        case(mocks={"Work": [BAD, BAD, OK]}, expect={"output": "ok", "duration": "30s"}),
        id="a sequence, by attempt",
    ),
    pytest.param(
        FLOW,
        case(mocks={"Work": [{**BAD, "times": 2}, OK]}, expect={"calls": {"Work": 3}}),
        id="times",
    ),
    pytest.param(
        FLOW,
        case(
            mocks={"Work": BAD},
            expect={"error": "E", "cause": {"$regex": "^why$"}, "calls": {"Work": 3}},
        ),
        id="an error means FAILED, and one mock answers always",
    ),
    pytest.param(
        FLOW,
        case(
            mocks={"Work": {"error": "E", "cause": {"a": 1}}},
            expect={"status": "FAILED", "cause": {"$json": {"a": 1}}},
        ),
        id="a cause that is an object is JSON text",
    ),
    pytest.param(FLOW, case(functions={"work": OK}, expect={"output": "ok"}), id="by function"),
    pytest.param(FLOW, case(functions={"*": OK}, expect={"output": "ok"}), id="any function"),
    pytest.param(
        SAVE,
        case(
            input={"id": "7"},
            functions={"dynamodb:putItem": OK},
            expect={
                "output": "ok",
                "calls": {"Save": [{"TableName": "t", "Item": {"id": {"S": "7"}}}]},
            },
        ),
        id="by action of a service, with its request",
    ),
    pytest.param(
        SAVE,
        case(
            input={"id": "7"},
            mocks={
                "Save": [{"error": "DynamoDB.E"}, {"when": {"input": {"TableName": "t"}}, **OK}]
            },
            expect={"duration": "10s", "events": ["TaskFailed", "TaskSucceeded"]},
        ),
        id="errors of a service",
    ),
    pytest.param(
        ASK,
        case(
            mocks={"Ask": {**OK, "delay": "50s", "heartbeats": [15, 30, 45]}},
            expect={
                "output": "ok",
                "duration": "50s",
                "calls": {"Ask": [{"token": {"$regex": "^callback[.].*-1$"}}]},
                "events": [{"type": "TaskSubmitted", "output": {"$subset": {"Payload": {}}}}],
            },
        ),
        id="a callback, which gets a token and sends heartbeats",
    ),
    pytest.param(
        ASK,
        case(
            functions={"ask": {**BAD, "submitted": "asked"}},
            expect={
                "error": "E",
                "events": [
                    {"type": "TaskSubmitted", "output": {"$subset": {"Payload": "asked"}}},
                    "TaskFailed",
                ],
            },
        ),
        id="a callback that reports a failure",
    ),
    pytest.param(
        ASK,
        case(
            mocks={"Ask": {"never": True}},
            expect={"error": "States.Timeout", "events": ["TaskSubmitted", "TaskTimedOut"]},
        ),
        id="a callback that never comes",
    ),
    pytest.param(
        JOB,
        case(
            functions={
                "glue:startJobRun.sync": {
                    "submitted": {"JobRunId": "jr"},
                    "error": "States.TaskFailed",
                    "cause": {"JobRunState": "FAILED"},
                    "delay": "5m",
                }
            },
            expect={"cause": {"$json": {"JobRunState": "FAILED"}}, "duration": "5m"},
        ),
        id="a job that fails",
    ),
    pytest.param(
        STAMP,
        case(
            functions={"activity:stamp": {**OK, "delay": "1h"}},
            expect={"output": "ok", "events": ["ActivityScheduled", "ActivitySucceeded"]},
        ),
        id="an activity",
    ),
    pytest.param(
        FLOW,
        case(mocks={"Work": OK}, functions={"work": BAD}, expect={"output": "ok"}),
        id="states before functions",
    ),
    pytest.param(
        FLOW,
        case(
            mocks={"Work": [{"lost": "the node was drained"}, OK]},
            expect={"events": [{"type": "LambdaFunctionFailed", "cause": {"$regex": "drained"}}]},
        ),
        id="lost",
    ),
    pytest.param(
        TIMED,
        case(
            mocks={"Work": {**OK, "delay": "50s", "heartbeats": [15, "30s", 45]}},
            expect={"duration": 50},
        ),
        id="heartbeats",
    ),
    pytest.param(
        TIMED,
        case(
            mocks={"Work": {"never": True, "heartbeats": [15]}},
            expect={"error": "States.Timeout", "duration": "35s"},
        ),
        id="no heartbeat",
    ),
    pytest.param(
        NAP,
        case(
            input={"a": 1},
            mocks={"Work": {**OK, "delay": "1m"}},
            expect={
                "duration": {"min": "5m", "max": "7m"},
                "states": ["Nap", "Work"],
                "calls": {"Work": [{"a": {"$type": "number"}}]},
            },
        ),
        id="a Wait takes virtual time",
    ),
    pytest.param(
        NAP,
        case(
            mocks={"Work": {"result": 1}},
            requests=[{"after": "1m", "stop": {"error": "Enough", "cause": "said so"}}],
            expect={"status": "ABORTED", "error": "Enough", "duration": "1m", "states": ["Nap"]},
        ),
        id="stop",
    ),
    pytest.param(
        NAP,
        case(requests=[{"after": 5, "stop": True}], expect={"status": "ABORTED"}),
        id="stop without words",
    ),
    pytest.param(
        FLOW,
        case(
            mocks={"Work": [{**BAD, "times": 3}, OK]},
            requests=[{"after": "1h", "redrive": True}],
            expect={"status": "SUCCEEDED", "duration": "1h", "calls": {"Work": 4}},
        ),
        id="redrive",
    ),
    pytest.param(
        MAP,
        case(
            input=["a", "b"],
            mocks={"Each": [BAD, OK]},
            expect={
                "output": ["ok", "ok"],
                "calls": {"Each": ["a", "b", "a", "b"]},
                "states": [{"All": [["Each"], ["Each"]]}],
            },
        ),
        id="each item has its own sequence",
    ),
    pytest.param(
        MAP,
        case(
            input=["a", "b", "c"],
            mocks={"Each": [{**BAD, "when": {"index": 1}, "times": 2}, OK]},
            expect={"calls": {"Each": 5}, "states": [{"All": {"$each": ["Each"]}}]},
        ),
        id="by the index of the item",
    ),
    pytest.param(
        CHILDREN,
        case(
            input=[{"n": 1, "x": 0}, {"n": 2, "x": 0}],
            mocks={
                "Each": [
                    {"when": {"item": {"n": 2}}, "result": "two"},
                    {"when": {"input": {"n": 1}}, "result": "one"},
                ]
            },
            expect={"output": ["one", "two"], "states": [{"All": [["Each"], ["Each"]]}]},
        ),
        id="by item and input, in children of a distributed Map",
    ),
]


@pytest.mark.parametrize(("flow", "given"), PASSES)
def test_passes(bench: Bench, flow, given):
    """A case that is as expected has no failures."""
    assert bench.failures(flow, given) == []


LEFT = ", with the input {}: add one, or write times: always"
FOR_EVER = "the execution waits forever in Work: no task will answer, no timer runs"
FAILS = [
    pytest.param(
        {"mocks": {"Work": BAD}}, ["status: expected SUCCEEDED, got FAILED (E: why)"], id="status"
    ),
    pytest.param(
        {
            "mocks": {
                "Work": {"error": "E", "cause": '{"errorMessage": "no\\nway", "stackTrace": []}'}
            }
        },
        ["status: expected SUCCEEDED, got FAILED (E: no way)"],
        id="status, cause of Lambda",
    ),
    pytest.param(
        {"mocks": {"Work": OK}, "expect": {"output": {"a": 1}}},
        ['output: expected {"a":1}, got "ok"'],
        id="output",
    ),
    pytest.param(
        {"mocks": {"Work": OK}, "expect": {"error": "E"}},
        ["status: expected FAILED, got SUCCEEDED", 'error: expected "E", got null'],
        id="error",
    ),
    pytest.param(
        {"mocks": {"Work": OK}, "expect": {"states": ["Work", "Work"]}},
        ["states: it ended before Work"],
        id="states",
    ),
    pytest.param(
        {"mocks": {"Work": OK}, "expect": {"states": []}},
        ["states: it went on: Work"],
        id="further states",
    ),
    pytest.param(
        {"mocks": {"Work": OK}, "expect": {"events": ["TaskStateExited", "TaskStateEntered"]}},
        ['events[1]: no event "TaskStateEntered" after TaskStateExited (#6)'],
        id="events",
    ),
    pytest.param(
        {"mocks": {"Work": {**OK, "delay": 1}}, "expect": {"duration": {"max": 0.5}}},
        ['duration: expected {"max":0.5}, got 1s'],
        id="duration",
    ),
    pytest.param(
        {"mocks": {"Work": OK}, "expect": {"calls": {"Work": 2}}},
        ["calls.Work: started 1 times, expected 2"],
        id="calls",
    ),
    pytest.param(
        {"input": 1, "mocks": {"Work": OK}, "expect": {"calls": {"Work": [2]}}},
        ["calls.Work[0]: expected 2, got 1"],
        id="inputs of calls",
    ),
    pytest.param(
        {},
        ["nothing says what the task of state Work does (Function work): add a mock"],
        id="no mock",
    ),
    pytest.param(
        {"mocks": {"Work": [BAD]}},
        [
            f"no mock of state Work is left for start 2{LEFT}",
        ],
        id="mocks used up",
    ),
    pytest.param(
        {"mocks": {"Work": {"never": True}}},
        [
            f"it cannot be played to its end: {FOR_EVER}",
        ],
        id="waits for ever",
    ),
    pytest.param(
        {"functions": "real"},
        ["no manifest of Function work beside the workflow"],
        id="no Function",
    ),
    pytest.param(
        {"mocks": {"Work": {"when": {"index": 0}, "result": 1, "times": "always"}}},
        [
            f"no mock of state Work is left for start 1{LEFT}",
        ],
        id="an item where there is no Map",
    ),
]


@pytest.mark.parametrize(("given", "failures"), FAILS)
def test_fails(bench: Bench, given, failures):
    """A case that is not as expected says where, and what came instead."""
    assert bench.failures(FLOW, case(**given)) == failures


def test_a_missing_mock_comes_with_the_snippet_to_add(bench: Bench):
    """Whoever forgot a mock can copy it."""
    (result,) = bench.run(FLOW, case()).results
    assert result.snippet == "mocks:\n  Work:\n    result: {}"
    assert bench.failures(FLOW, case(mocks={"Work": {"result": {}}})) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "nothing says what the task of state Save does (dynamodb:putItem): add a mock"),
        (
            {"functions": {"*": OK}},
            "nothing says what the task of state Save does (dynamodb:putItem): add a mock",
        ),
        (
            {"mocks": {"Save": "real"}},
            "dynamodb:putItem is an action of a service: only a mock can answer it",
        ),
    ],
    ids=["no mock", "any Function", "real"],
)
def test_a_service_is_answered_by_a_mock_of_its_own(bench: Bench, given, told):
    """No Function stands in for a service, and no test calls one."""
    assert bench.failures(SAVE, case(input={"id": "7"}, **given)) == [told]


def test_what_the_file_says_holds_for_all_cases(bench: Bench):
    """Mocks of a file are every case's, where the case does not say otherwise."""
    own = {"name": "two", "mocks": {"Work": BAD}, "expect": {"error": "E"}}
    assert bench.failures(FLOW, case(expect={"output": "ok"}), own, mocks={"Work": OK}) == []


def test_the_context_object_is_the_same_every_time(bench: Bench):
    """Names, instants and random numbers depend on the test file alone."""
    parameters = {
        "name.$": "$$.Execution.Name",
        "start.$": "$$.Execution.StartTime",
        "id.$": "States.UUID()",
    }
    flow = definition("Say", Say={"Type": "Pass", "Parameters": parameters, "End": True})
    context = {"executionName": "mine", "startTime": "2030-05-01T12:00:00+02:00"}
    seen = [bench.run(flow, case(context=context)).results[0].played for _ in range(2)]
    assert seen[0].seen.outcome == seen[1].seen.outcome
    assert seen[0].seen.outcome.output["name"] == "mine"
    assert seen[0].seen.outcome.output["start"] == "2030-05-01T10:00:00.000Z"
    plain = bench.run(flow, case()).results[0].played
    assert plain.seen.outcome.output["name"] == "test"
    assert plain.seen.outcome.output["start"] == "2026-01-01T00:00:00.000Z"


def test_jitter_is_the_same_every_time(bench: Bench):
    """A Retrier with jitter waits as long in every run of a case."""
    flow = definition("Work", Work=task(Retry=[{**RETRY, "JitterStrategy": "FULL"}]))
    given = case(mocks={"Work": [BAD, BAD, OK]})
    seen = [bench.run(flow, given).results[0].played.seen.outcome.at for _ in range(3)]
    assert len(set(seen)) == 1


def test_objects_are_read_from_their_folder_and_never_written(bench: Bench):
    """An ItemReader sees files, a ResultWriter leaves them alone."""
    shop = bench.folder / "objects" / "shop"
    shop.mkdir(parents=True)
    (shop / "orders.json").write_text("[1, 2]")
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": "shop", "Key": "orders.json"},
    }
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "bills", "Prefix": "p"},
    }
    flow = definition(
        "All", All={**CHILDREN["States"]["All"], "ItemReader": reader, "ResultWriter": writer}
    )
    expect = {"output": {"$subset": {"ResultWriterDetails": {"Bucket": "bills"}}}}
    assert bench.failures(flow, case(mocks={"Each": OK}, expect=expect)) == []
    assert [path.name for path in bench.folder.rglob("*") if path.is_file()] != []
    assert sorted(path.name for path in (bench.folder / "objects").iterdir()) == ["shop"]


def test_parallel_branches_have_their_own_paths(bench: Bench):
    """The path of a Parallel says what each branch went through, in the order of the branches."""
    fork = {
        "Type": "Parallel",
        "Branches": [
            definition("A", A={"Type": "Wait", "Seconds": 5, "Next": "B"}, B={"Type": "Succeed"}),
            definition("C", C=task()),
        ],
        "Retry": [RETRY],
        "Next": "End",
    }
    flow = definition("Fork", Fork=fork, End={"Type": "Succeed"})
    trail = [{"Fork": [["A", "B"], ["C"]]}, "End"]
    assert bench.failures(flow, case(mocks={"C": OK}, expect={"states": trail})) == []
    again = [{"Fork": [["A", "A", "B"], ["C", "C"]]}, "End"]
    assert bench.failures(flow, case(mocks={"C": [BAD, OK]}, expect={"states": again})) == []
    wrong = [{"Fork": [["A", "C"], []]}, "End"]
    assert bench.failures(flow, case(mocks={"C": OK}, expect={"states": wrong})) == [
        "states[0].Fork[0][1]: expected C, got B",
        "states[0].Fork[1]: it went on: C",
    ]


def test_a_hundred_cases_share_nothing(bench: Bench):
    """Mocks that were used up in one case are there for the next."""
    cases = [{"name": str(n), "mocks": {"Work": [BAD, OK]}} for n in range(100)]
    assert bench.failures(FLOW, *cases) == []
