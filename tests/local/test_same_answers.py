"""Same answers everywhere: AWS's, from ``asw test`` and from ``asw run``."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from asw.asl.values import Json, from_text, to_text
from asw.cli.main import main
from tests.conformance.case_files import CaseFile, case_files, recorded_folder
from tests.support.same_answers import (
    dispatchers,
    gap_of,
    is_alone,
    reason_not_to_run,
    recorded,
    write_all,
    write_execution,
    write_test,
    write_workflow,
)

OUR_ACCOUNT, RECORDED_ACCOUNT = "123456789012", "111111111111"
OWN_WORDS = {
    "task-service-lambda.no-such-function-catch.0.5e00dc99",
    "task-service-lambda.no-such-function.0.961821da",
}
"""Cases whose cause tells the user of this machine to add a manifest, in words of our own."""

EXECUTIONS = [it for it in case_files(recorded_folder()) if it.case["kind"] == "execution"]
CASES = [it for it in EXECUTIONS if not gap_of(it)]


def described(got: dict[str, Any]) -> Json:
    """A result as DescribeExecution tells it: of a timeout it shows the status only."""
    is_late = got["status"] == "TIMED_OUT"
    texts = {name: None if is_late else got.get(name) for name in ("error", "cause")}
    plain = {"status": got["status"], "output": got.get("output"), **texts}
    return from_text(to_text(plain).replace(OUR_ACCOUNT, RECORDED_ACCOUNT))


def differences(
    answers: Mapping[str, dict[str, Any]], files: Mapping[str, CaseFile]
) -> dict[str, list[str]]:
    """By case, what of an answer is not AWS's; a case without an answer is told as well."""
    found = {}
    for name, file in files.items():
        if name not in answers:
            found[file.id] = ["no answer"]
            continue
        match = file.rules.match_outcome(file.case["expect"], described(answers[name]))
        if not match:
            found[file.id] = match.mismatches
    return found


def run_all(folder: Path, files: Mapping[str, CaseFile]) -> dict[str, dict[str, Any]]:
    """What ``asw run`` prints of these cases, all of them run at once, by execution."""
    paths = [write_workflow(folder / name, file, name) for name, file in files.items()]
    executions = [write_execution(name, file) for name, file in files.items()]
    paths.append(write_all(folder / "all.json", [*dispatchers(files), *executions]))
    arguments = ["run", *map(str, paths), "--data", str(folder / "store"), "--json"]
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(files), done.stderr
    return {line["name"]: line for line in lines}


def to_run() -> dict[str, CaseFile]:
    """The cases that ``asw run`` is asked for, by the names of their executions."""
    return {
        f"case-{number}": file
        for number, file in enumerate(CASES)
        if not reason_not_to_run(file, recorded(file)[0])
    }


def test_asw_test_gives_the_answers_of_aws(tmp_path: Path) -> None:
    """Every recorded execution, as a test file with mocks, ends as it did at AWS."""
    for number, file in enumerate(CASES):
        write_test(tmp_path / str(number), file, recorded(file)[1])
    done = CliRunner().invoke(main, ["test", str(tmp_path), "-o", "json"], catch_exceptions=False)
    cases = [case for it in json.loads(done.stdout)["files"] for case in it["cases"]]
    assert [it for it in cases if it["result"] != "passed"] == []
    answers = {case["name"]: case["got"] for case in cases}
    assert differences(answers, {file.id: file for file in CASES}) == {}


def test_asw_run_gives_the_answers_of_aws(tmp_path: Path) -> None:
    """Every recorded execution that needs no long wait ends on this machine as it did at AWS."""
    files = to_run()
    together = {name: file for name, file in files.items() if not is_alone(file)}
    answers = run_all(tmp_path / "together", together)
    for name in files.keys() - together.keys():
        answers |= run_all(tmp_path / "alone" / name, {name: files[name]})
    found = differences(answers, files)
    assert {name: each for name, each in found.items() if name not in OWN_WORDS} == {}


def test_what_is_left_out_is_little_and_says_why() -> None:
    """Nearly no case is asked of neither door, few of asw test alone: those that take long."""
    neither = [reason for file in EXECUTIONS if (reason := gap_of(file))]
    services = [reason for reason in neither if "service of AWS" in reason]
    assert len(neither) - len(services) <= len(CASES) / 25, neither
    alone = [reason for file in CASES if (reason := reason_not_to_run(file, recorded(file)[0]))]
    assert len(alone) <= len(CASES) / 10, alone
