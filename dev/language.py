"""Write docs/language.md and language.zh.md: what is supported, measured by AWS's own answers.

`python -m dev.language`, or `make docs`. Without recorded cases the pages stay as they
are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dev import language_zh
from tests.conformance.case_files import CaseFile, case_files, recorded_folder
from tests.conformance.verdicts import Verdict
from tests.conformance.workers import judge_all

DOCS = Path(__file__).parents[1] / "docs"

HEAD = """# The language

Which parts of the Amazon States Language are supported, and how we know. `make docs` generates this
page from `dev/language.py`: edit that file. [中文](language.zh.md)

## What the numbers mean

Each case consists of a state machine, an input and the answer that AWS Step Functions itself gave:
status, output, error and cause, and for about half of the cases every event of the history. The
engine plays the machine in virtual time and has to give the same answer; placeholders stand for
what cannot be the same elsewhere, such as names, times and ARNs. A service of AWS that a case calls
gives the recorded answers: what is measured is what the engine makes of them. A case counts for
every feature that it uses, but one that calls an AWS service other than Lambda counts only for that
service.

{summary}

```bash
make conformance CASES=FOLDER REPORT=report.json
```

plays the cases of a folder and writes the differences to a file. Without `CASES` it uses the folder
named by `ASW_CONFORMANCE`; our own cases (`tests/conformance/cases`) always run.

## What is not supported

Unsupported features are rejected up front: the definition gets a problem with the code
`NotSupported` that names the place, such as "The resource
qrn:qcs:asw:ap-guangzhou:100:sdk:json:qcloud:cmq:SendMessage is not supported yet" at
`/States/Send/Resource`. Nothing is skipped silently: a field without effect is a warning with the
code `Ignored`. The cases measure the engine; on a cluster, Maps read and write objects by a
[Connection](reference/distributed-maps.md#objects).

## Services of AWS

A Task may call one action of a service, and its answer is the result:

| Resource | calls |
|---|---|
| `arn:aws:states:::SERVICE:ACTION` | an optimized integration, such as `dynamodb:putItem` |
| `arn:aws:states:::aws-sdk:SERVICE:ACTION` | any action of the SDK, such as `s3:listObjectsV2` |

`Parameters`, or `Arguments` in JSONata, are the request. Retry and Catch match the service's own
error names (`DynamoDB.ConditionalCheckFailedException`), and the history has AWS's Task events. As
at AWS, a definition is refused if such a Task has no `Parameters`; for `lambda:invoke` and the
optimized actions of DynamoDB, EventBridge, SNS and SQS also if a required field is missing or a
field is unknown. AWS does that for every action, at any depth; here `asw validate --strict`
[warns of it](reference/data-flow-check.md#requests-to-services).

[Tests](reference/testing.md) answer these Tasks with mocks. `asw run` and clusters
[make the calls](how-to/aws-services.md):

| where | what happens |
|---|---|
| `asw validate` | the warning `MissingConnection` for each service that no Connection names |
| `asw run` | the call, where a Connection says; else `Asw.NoConnection`, which a Catch may take |
| a cluster | the same, from a pod in the namespace; a missing Connection is waited for |

`asw:k8s:apply`, `get`, `patch`, `delete`, `wait` and `rollout` call the API server of a cluster, as
`eks:call` and `eks:runJob` do: see [Kubernetes from a state machine](how-to/kubernetes.md). Their
required and unknown fields are checked, too. `asw run` makes them, and on a cluster a pod of the
Connection does.

`http:invoke` [calls an HTTP API](how-to/http-apis.md), with AWS's parameters, result and errors, in
the same places. `apigateway:invoke` [calls an API in API
Gateway](how-to/aws-services.md#apis-in-api-gateway), and its required and unknown fields are
checked, too.

## Waiting for others

| Resource ends with | the Task waits until |
|---|---|
| `.waitForTaskToken` | somebody reports by the token `$$.Task.Token` |
| `.sync` | the job that it asked for is over |
| `asw:approval` | a person has [decided](how-to/callbacks.md#ask-a-person-aswapproval) |
| `:activity:NAME`, or is `asw:activity:NAME` | a worker of the activity has done the task |

The call itself only asks for the work. Its answer is the event `TaskSubmitted`; what is reported
later is the Task's result, or its error. So a function that returns does not end its callback.
JSONata has the token in `$states.context.Task.Token`.
`TimeoutSeconds` and `HeartbeatSeconds` count from the start of the call and go on while the Task
waits: `States.Timeout`, `States.HeartbeatTimeout`. Every try has a token of its own. A job that
fails is `States.TaskFailed`, and its cause describes the job.

| where | callbacks | jobs | activities | approvals |
|---|---|---|---|---|
| `asw test` | mocks | mocks | mocks | mocks |
| `asw run` | `asw callback` | followed | `asw activity worker` | `asw approve`, `asw reject` |
| a cluster | [yes](how-to/callbacks.md) | followed | [yes](how-to/activities.md) | the same |

Children of `ExecutionType` EXPRESS cannot wait: the Workflow's problems name the Task, and nothing
runs. AWS notices before
it schedules a task that its activity does not exist. Here the platform does, so that the history
also has `ActivityScheduled` and `ActivityScheduleFailed`; error and cause are AWS's.

## Executions of other Workflows

A Task may start an execution of another Workflow:

| Resource | the Task's result |
|---|---|
| `arn:aws:states:::states:startExecution` | `ExecutionArn` and `StartDate`, at once |
| `arn:aws:states:::states:startExecution.sync` | the ended child: its input and output are texts |
| `arn:aws:states:::states:startExecution.sync:2` | the same, input and output are JSON |
| `arn:aws:states:::states:startExecution.waitForTaskToken` | what is reported by the token |

```json
{{
  "Type": "Task",
  "Resource": "arn:aws:states:::states:startExecution.sync:2",
  "Parameters": {{
    "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:billing",
    "Input": {{
      "order.$": "$.id",
      "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id"
    }}
  }},
  "ResultSelector": {{"bill.$": "$.Output"}},
  "End": true
}}
```

- Of `StateMachineArn` only the name counts: the Workflow of that `spec.name`. Region and account
  are those of the parent; there are no versions and aliases.
- `Name` is the child's name. Without one it follows from the parent and the attempt, so a start
  that is repeated after a crash is the same child, and a retry starts another one.
- `Input` may be any JSON, or text that is JSON; without it the child's input is `{{}}`.
- A child that does not succeed fails the Task with `States.TaskFailed`; the cause is the child's
  description as JSON text. A stop or timeout of the Task stops the child. A child that nobody
  awaits goes on, whatever becomes of its parent.
- With `.waitForTaskToken` the definition hands the token to the child, as in
  `"Input": {{"token.$": "$$.Task.Token"}}`. `ExecutionArn` and `StartDate` are in `TaskSubmitted`.
  Then only a [report](#waiting-for-others) or a time-out ends the Task: the child's end does not,
  and the Task's end does not stop the child.
- A Workflow that is not there is `StepFunctions.StateMachineDoesNotExistException`; a name that
  another execution of the Workflow has is `StepFunctions.ExecutionAlreadyExistsException`, even
  if its input is the same. Both can be caught, as can `StepFunctions.InvalidArnException`,
  `InvalidNameException` and `InvalidExecutionInputException`.
- Waiting for a child takes no place among the tasks that may run at a time. A redrive of the
  parent starts another child.

`asw run` starts the Workflow of that name among the manifests or in the data folder; `asw test`
plays the one beside the test unless a [mock](reference/testing.md) stands in. A cluster starts an
[Execution in the same namespace](reference/nested-executions.md). An Express child of a
distributed Map cannot start executions.
"""
COLUMNS = """
| feature | supported | cases passed | what it does |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a page; a text that ``texts`` lacks stays English."""

    head: str = HEAD
    columns: str = COLUMNS
    summary: str = (
        "{passed} of {total} cases pass; {equal} of {recorded} recorded histories are "
        "equal event by event."
    )
    count: str = "{passed} of {total}"
    texts: Mapping[str, str] = field(default_factory=dict)

    def say(self, text: str) -> str:
        """The text in these words."""
        return self.texts.get(text, text)


PAGES = {
    "language.md": Words(),
    "language.zh.md": Words(
        head=language_zh.HEAD,
        columns=language_zh.COLUMNS,
        summary=language_zh.SUMMARY,
        count=language_zh.COUNT,
        texts=language_zh.TEXTS,
    ),
}


@dataclass(frozen=True, slots=True)
class Feature:
    """A row; it counts the cases of its kind with one of its needs, or all if it has none."""

    name: str
    about: str
    needs: frozenset[str]
    kind: str = "execution"


def _feature(name: str, needs: str, about: str, kind: str = "execution") -> Feature:
    return Feature(name, about, frozenset(needs.split()), kind)


ELSEWHERE = frozenset(
    ["aws_service", "activity", "credentials", "nested_execution", "sync_integration", "task_token"]
)
"""Needs for other services; a case with one of them counts only for these."""
REQUESTS = frozenset({"aws_service"})
"""What waits for more than the answer of a service counts for what it waits for."""

CHAPTERS: dict[str, tuple[Feature, ...]] = {
    "States": (
        _feature("Pass", "pass", "passes on its input, or a constant or computed value"),
        _feature("Task", "task", "calls a function and waits for its result"),
        _feature("Choice", "choice", "follows the first rule that holds"),
        _feature("Wait", "wait", "waits for seconds or until an instant, constant or computed"),
        _feature("Succeed", "succeed", "ends the execution, or its branch, successfully"),
        _feature("Fail", "fail", "ends the execution with an error and a cause"),
        _feature("Parallel", "parallel", "runs branches in parallel and collects their outputs"),
        _feature("Map", "map", "runs the same states for every item of an array"),
        _feature(
            "Map, old spelling", "map_iterator_legacy", "`Iterator` instead of `ItemProcessor`"
        ),
        _feature("MaxConcurrency", "max_concurrency", "limits how many items run at the same time"),
        _feature("ItemSelector", "item_selector", "builds the input of each item"),
    ),
    "Distributed Map": (
        _feature("DISTRIBUTED mode", "distributed_map", "each item is an execution of its own"),
        _feature("ItemReader", "item_reader", "reads the items from a file or a listing"),
        _feature("ItemBatcher", "item_batcher", "gives several items to one child"),
        _feature("ResultWriter", "result_writer", "writes the results to files"),
        _feature(
            "Tolerated failures", "tolerated_failure", "a number or percentage of failed items"
        ),
    ),
    "Data with JSONPath": (
        _feature("InputPath", "input_path", "selects a part of the input"),
        _feature("Parameters", "parameters", "builds the input of the state's work"),
        _feature("ResultSelector", "result_selector", "builds the result from what was returned"),
        _feature("ResultPath", "result_path", "inserts the result into the input"),
        _feature("OutputPath", "output_path", "selects a part of the output"),
        _feature("Context object", "context_object", "`$$`: the execution, state, task and item"),
        _feature("Intrinsic functions", "intrinsic", "`States.Format` and 17 others"),
    ),
    "Data with JSONata": (
        _feature("JSONata", "jsonata", "expressions in `{% %}`, for a state or the whole machine"),
        _feature("Arguments", "arguments", "builds the input of the state's work"),
        _feature("Output", "output", "builds the state's output"),
        _feature("Variables", "variables", "`Assign`, in either query language"),
    ),
    "Errors and time": (
        _feature("Retry", "retry", "with growing, capped and random delays"),
        _feature("Catch", "catch", "continues elsewhere with the error"),
        _feature("Error output", "error_output", "`$states.errorOutput` in a catcher"),
        _feature(
            "TimeoutSeconds", "timeout", "of tasks and of the execution, constant or computed"
        ),
        _feature("HeartbeatSeconds", "heartbeat", "a task has to send heartbeats"),
        _feature("Stop", "stop", "an execution is aborted from outside"),
    ),
    "Functions": (
        _feature("Function ARN", "lambda_direct", "`Resource` names the function directly"),
        _feature("lambda:invoke", "lambda_invoke", "`FunctionName` and `Payload`"),
        _feature(
            "Express",
            "express",
            "for short runs; supported by the engine, but not by a Workflow yet",
        ),
    ),
    "Checks": (
        _feature("Refused definitions", "", "the same problems in the same words", "create"),
        _feature("Validation", "", "diagnostics only, nothing is created", "validate"),
        _feature("Refused inputs", "", "text that is not JSON, in the same words", "start"),
        _feature("TestState", "", "a single state, with mocks and inspection", "test_state"),
    ),
    "AWS services": (
        _feature("Requests", "aws_service", "one action of any service: SQS, the AWS SDK ..."),
        _feature("Callbacks", "task_token", "`.waitForTaskToken`"),
        _feature("Nested executions", "nested_execution", "`states:startExecution`, `.sync`"),
        _feature("Activities", "activity", "workers that ask for tasks"),
        _feature("Credentials", "credentials", "a role of another account for one task"),
    ),
}

Judged = Sequence[tuple[CaseFile, Verdict]]


def page(judged: Judged, words: Words) -> str:
    """The page for these cases and their verdicts."""
    return words.head.format(summary=_summary(judged, words)) + "".join(
        f"\n## {words.say(chapter)}\n{words.columns}"
        + "".join(_row(feature, judged, words) for feature in features)
        for chapter, features in CHAPTERS.items()
    )


def main() -> None:
    """Play the cases and write the pages."""
    folder = recorded_folder()
    files = [file for file in case_files(folder) if not file.is_own]
    if not files:
        print(f"no recorded cases: {', '.join(PAGES)} stay (ASW_CONFORMANCE names their folder)")
        return
    judged = list(zip(files, judge_all(files), strict=True))
    for name, words in PAGES.items():
        (DOCS / name).write_text(page(judged, words), encoding="utf-8")


def _summary(judged: Judged, words: Words) -> str:
    verdicts = [verdict for _, verdict in judged]
    recorded = [it for it in verdicts if it.history is not None]
    return words.summary.format(
        total=len(verdicts),
        passed=sum(it.passed for it in verdicts),
        recorded=len(recorded),
        equal=sum(it.history is True for it in recorded),
    )


def _row(feature: Feature, judged: Judged, words: Words) -> str:
    uses = [verdict for file, verdict in judged if _uses(file, feature)]
    passed = sum(verdict.passed for verdict in uses)
    count = words.count.format(passed=passed, total=len(uses)) if uses else ""
    supported = words.say(_supported(passed, len(uses)))
    cells = (words.say(feature.name), supported, count, words.say(feature.about))
    return f"| {' | '.join(cells)} |\n"


def _uses(file: CaseFile, feature: Feature) -> bool:
    needs: Iterable[str] = file.case["needs"]
    if file.case["kind"] != feature.kind:
        return False
    if not feature.needs:
        return True
    elsewhere = ELSEWHERE.intersection(needs)
    if feature.needs == REQUESTS:
        return elsewhere == REQUESTS
    is_elsewhere = elsewhere and feature.needs.isdisjoint(ELSEWHERE)
    return not is_elsewhere and not feature.needs.isdisjoint(needs)


def _supported(passed: int, total: int) -> str:
    if passed == total:
        return "yes" if total else "not measured"
    if passed >= total * 0.9:
        return "yes, with differences"
    return "in part" if passed else "no"


if __name__ == "__main__":
    main()
