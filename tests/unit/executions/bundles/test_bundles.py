"""Bundles: what goes in comes out, what is redacted is gone, and what is no bundle says so."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from asw.asl.values import to_text
from asw.executions.bundles.contents import Bundle, Exported, from_bytes, to_bytes
from asw.executions.bundles.redaction import by_paths, covered, redacted
from asw.executions.bundles.runs import BundleRuns
from asw.executions.naming import is_bundle
from asw.executions.port import LogLine, LogOptions, Query, RedriveOptions, TaskSnapshot
from asw.executions.run import Run
from asw.exits import BAD_INPUT
from asw.failures import Failure
from tests.support.cases import a_case
from tests.support.play import Raised, definition, task

SECRET = "4111-1111"
MACHINE = definition(
    "A",
    A=task(ResultPath="$.card", Assign={"seen.$": "$"}, Next="B"),
    B=task("fails", Catch=[{"ErrorEquals": ["Other"], "Next": "C"}]),
    C={"Type": "Succeed"},
)


def a_bundle():
    """An execution that failed, with the secret in every place that holds values."""

    def fails(_event):
        raise Raised("Oops", json.dumps({"errorMessage": f"bad {SECRET}", "errorType": "Oops"}))

    functions = {"work": lambda _: {"number": SECRET, "limit": 1.0}, "fails": fails}
    case = a_case(MACHINE, {"name": SECRET, "n": None, "list": [1, True]}, functions)
    manifest = {**case.run.manifest, "spec": {**case.run.spec, "input": {"name": SECRET}}}
    main = Exported(
        run=Run(manifest),
        events=tuple(case.events),
        record=case.record,
        tasks=(TaskSnapshot(state="B", number=2, trouble=f"bad {SECRET}"),),
        lines=(LogLine("A", 0, f"saw {SECRET}"),),
    )
    function = {
        "metadata": {"name": "work"},
        "spec": {"env": [{"name": "K", "value": SECRET}, {"name": "S", "valueFrom": {}}]},
    }
    workflow = {"metadata": {"name": "flow"}, "spec": {"defaultInput": {"name": SECRET}}}
    return Bundle(
        made_by="1.2.3",
        made_at=datetime(2026, 1, 2, tzinfo=UTC),
        main=main,
        definition_text=to_text(MACHINE),
        workflow=workflow,
        functions=(function,),
        has_logs=True,
    )


def unfolded(bundle):
    """The text within the file."""
    return gzip.decompress(to_bytes(bundle)).decode()


def test_what_was_written_is_read_again():
    """Nothing is lost on the way, 1.0 and null included."""
    bundle = a_bundle()
    assert from_bytes(to_bytes(bundle), "x") == bundle


def test_the_same_bundle_gives_the_same_bytes():
    """Files can be compared."""
    assert to_bytes(a_bundle()) == to_bytes(a_bundle())


def test_a_redacted_bundle_holds_no_value():
    """Wherever a value may be, it is gone."""
    assert SECRET in unfolded(a_bundle())
    assert SECRET not in unfolded(redacted(a_bundle()))


def test_what_is_redacted_keeps_its_shape():
    """Types, lengths, keys and nulls stay, and so do states and errors."""
    value = {"a": "four", "b": [1, 2.5, True, None], "c": {}}
    assert covered(value) == {"a": "****", "b": [0, 0.0, False, None], "c": {}}
    events = redacted(a_bundle()).main.events
    assert events[1].details["name"] == "A"
    assert events[1].details["input"] == {"name": "*" * 9, "n": None, "list": [0, False]}
    failed = next(event for event in events if event.type == "LambdaFunctionFailed")
    assert failed.details["error"] == "Oops"
    assert json.loads(failed.details["cause"]) == {
        "errorMessage": "*" * 13,
        "errorType": "Oops",
    }


def test_a_path_is_redacted_wherever_its_value_is_moved():
    """What a state puts into another place is hidden there as well; the rest stays."""
    hidden = by_paths(("$.card.number",))
    assert hidden({"x": {"card": {"number": "12", "limit": 5}}}) == {
        "x": {"card": {"number": "**", "limit": 5}}
    }
    found = unfolded(redacted(a_bundle(), ("$..name", "$..number")))
    assert SECRET not in found
    assert "1.0" in found


def test_copies_of_what_stands_at_a_path_are_redacted_too():
    """Parameters move a value to another name and into longer texts; error names may hold it."""
    machine = definition(
        "A",
        A={
            "Type": "Pass",
            "Parameters": {"to.$": "$.mail", "say.$": "States.Format('dear {}!', $.mail)"},
            "Next": "B",
        },
        B={"Type": "Pass", "Result": {"n": 40000123, "total": 40000123, "few": 7}, "Next": "C"},
        C={"Type": "Fail", "Error": "No.ada@example.org", "Cause": "no"},
    )
    case = a_case(machine, {"mail": "ada@example.org", "n": 40000123, "few": 7, "short": "ada"})
    manifest = {**case.run.manifest}
    manifest["metadata"] = {
        **manifest["metadata"],
        "labels": {"who": "ada@example.org", "team": "blue"},
    }
    main = Exported(run=Run(manifest), events=tuple(case.events), record=case.record)
    bundle = Bundle(made_by="1", made_at=datetime(2026, 1, 2, tzinfo=UTC), main=main)
    found = unfolded(redacted(bundle, ("$.mail", "$.n", "$.few", "$.short")))
    assert "ada@" not in found
    assert "dear ***************!" in found
    assert "40000123" not in found
    assert '"team":"blue"' in found


def test_an_error_that_is_computed_is_a_value():
    """What a Fail state makes of its input is no name; what it is called in the definition is."""
    computed = {"Type": "Fail", "ErrorPath": "$.who", "Cause": "no"}
    written = {"Type": "Fail", "Error": "No.Luck", "Cause": "no"}
    names = []
    for state in (computed, written):
        machine = definition("F", F=state)
        case = a_case(machine, {"who": "ada@example.org"})
        main = Exported(run=case.run, events=tuple(case.events), record=case.record)
        at = datetime(2026, 1, 2, tzinfo=UTC)
        text = to_text(machine)
        bundle = redacted(Bundle(made_by="1", made_at=at, main=main, definition_text=text))
        assert "ada@" not in unfolded(bundle)
        names.append(bundle.main.events[-1].details["error"])
    assert names == ["*" * 15, "No.Luck"]


def test_labels_and_annotations_of_users_are_values():
    """They may name a customer; those of Kubernetes and of asw say how things hang together."""
    bundle = a_bundle()
    manifest = {**bundle.main.run.manifest}
    notes = {"who": "ada", "asw.dev/workflow": "flow", "example.org/who": "ada"}
    manifest["metadata"] = {**manifest["metadata"], "labels": notes, "annotations": notes}
    main = replace(bundle.main, run=Run(manifest))
    metadata = redacted(replace(bundle, main=main)).main.run.manifest["metadata"]
    hidden = {"who": "***", "asw.dev/workflow": "flow", "example.org/who": "***"}
    assert (metadata["labels"], metadata["annotations"]) == (hidden, hidden)


@pytest.mark.parametrize("path", ["name", "$", "$[0]", "$.a[?(@.b)]", ""])
def test_a_path_that_names_no_key_is_refused(path):
    """The remedy shows one that does."""
    with pytest.raises(Failure, match="cannot redact") as caught:
        by_paths((path,))
    assert "--redact-path '$.customer.email'" in caught.value.remedy


def newer():
    """A bundle of a version that is not known yet."""
    plain = json.loads(unfolded(a_bundle()))
    return gzip.compress(json.dumps({**plain, "version": 2, "asw": "9.0.0"}).encode())


def without(field):
    """A bundle in which a field is missing."""
    plain = json.loads(unfolded(a_bundle()))
    del plain[field]
    return gzip.compress(json.dumps(plain).encode())


@pytest.mark.parametrize(
    ("content", "message", "remedy"),
    [
        (b"", "x.gz is not a bundle: it is not gzipped", "asw export NAME -o FILE writes one"),
        (b"PK\x03\x04", "x.gz is not a bundle: it is not gzipped", "asw export"),
        (gzip.compress(b"no json"), "x.gz is not a bundle: it is not JSON", "asw export"),
        (
            gzip.compress(b"{}"),
            "x.gz is not a bundle: it does not say that it is a bundle",
            "asw export",
        ),
        (to_bytes(a_bundle())[:-40], "x.gz is damaged: it ends in the middle", "copy it again"),
        (to_bytes(a_bundle())[:60] + b"\0" * 99, "x.gz is damaged: Error -3", "copy it again"),
        (without("history"), "x.gz is damaged: KeyError: 'history'", "copy it again"),
        (
            newer(),
            "x.gz is a bundle of version 2; this asw reads version 1",
            "it was made by asw 9.0.0: use that or a newer one",
        ),
    ],
    ids=["empty", "zip", "no JSON", "other JSON", "cut", "garbled", "incomplete", "newer"],
)
def test_what_is_no_bundle_of_ours_says_why_and_what_to_do(content, message, remedy):
    """Empty, foreign, cut, garbled and newer files are told apart."""
    with pytest.raises(Failure) as caught:
        from_bytes(content, "x.gz")
    assert caught.value.message.startswith(message)
    assert caught.value.remedy.startswith(remedy)
    assert caught.value.code == BAD_INPUT


def test_a_bundle_is_known_by_its_first_bytes(tmp_path):
    """Whatever its name; a folder or a missing file is none."""
    path = tmp_path / "some.thing"
    path.write_bytes(to_bytes(a_bundle()))
    assert is_bundle(path)
    assert not is_bundle(tmp_path)
    assert not is_bundle(tmp_path / "missing")


async def test_a_bundle_can_be_looked_at_as_any_other_place():
    """History, definition, record, tasks and lines come through the port."""
    bundle = a_bundle()
    runs = BundleRuns(bundle, "x.gz")
    (run,) = await runs.list(Query())
    assert await runs.get("run-1") == run
    assert await runs.history(run) == bundle.main.events
    assert await runs.history(run, after=3) == bundle.main.events[3:]
    assert await runs.record(run) == bundle.main.record
    found = await runs.definition(run)
    assert found is not None
    assert set(found.machine.block.states) == {"A", "B", "C"}
    assert await runs.tasks(run) == bundle.main.tasks
    lines = [line.text async for line in runs.logs(run, LogOptions(state="A"))]
    assert lines == [f"saw {SECRET}"]


async def test_nothing_in_a_bundle_can_be_changed():
    """Verbs that act say where to act."""
    runs = BundleRuns(a_bundle(), "x.gz")
    run = await runs.get("run-1")
    with pytest.raises(Failure, match="its executions can be read, not changed"):
        await runs.redrive(run, RedriveOptions())
    with pytest.raises(Failure, match="its executions can be read, not changed"):
        await runs.stop(run, error=None, cause=None)


async def test_a_name_that_is_not_in_a_bundle_is_refused_with_the_one_that_is():
    """The message names the file."""
    runs = BundleRuns(a_bundle(), "x.gz")
    with pytest.raises(Failure, match=r"no execution 'run-2' in x\.gz") as caught:
        await runs.get("run-2")
    assert caught.value.remedy == "did you mean run-1?"


def test_a_lone_surrogate_is_kept():
    """JSON may hold what UTF-8 may not; the file stays readable to every reader of JSON."""
    case = a_case(definition("P", P={"Type": "Pass", "End": True}), {"half": "\ud800"})
    main = Exported(run=case.run, events=tuple(case.events), record=case.record)
    bundle = Bundle(made_by="1", made_at=datetime(2026, 1, 2, tzinfo=UTC), main=main)
    content = to_bytes(bundle)
    assert json.loads(gzip.decompress(content).decode())["history"]
    assert from_bytes(content, "x") == bundle
