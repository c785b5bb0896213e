"""Writes the results of cases into their test files as expectations, and changes nothing else."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from asw.asl.values import Json
from asw.messages import t
from asw.testkit.editing import Change, edited
from asw.testkit.expecting import failure_texts, took
from asw.testkit.model import Expect
from asw.testkit.running import Played, Ran, Result
from asw.testkit.spans import span_text
from asw.testkit.trails import EACH, name_of

MOST_TRAILS = 5
"""Most differing branches or items whose trails are written one by one."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Fields to write into a case, and fields to remove; ``left`` says why something is not."""

    result: Result
    fields: Mapping[str, Json]
    gone: frozenset[str] = frozenset()
    left: str = ""


def recordings(results: Sequence[Result]) -> Iterator[Recorded]:
    """What to record for each case that lacks an expectation or has a wrong one. Pure."""
    for result in results:
        expect, played = result.test.case.expect, result.played
        if result.is_passed and expect is not None:
            continue
        if played is None:
            yield Recorded(result, {}, left=t("it could not be played to its end"))
        elif result.test.is_row:
            if not result.is_passed:
                told = t("its parameters share one expect: write it yourself")
                yield Recorded(result, {}, left=told)
        else:
            yield _recorded(result, expect, played)


def _recorded(result: Result, expect: Expect | None, played: Played) -> Recorded:
    if expect is None:
        return Recorded(result, {**_outcome(played), "states": recorded_trail(played.trail)})
    wrong = {failure.path.split(".")[0].split("[")[0] for failure in result.failures}
    outcome = _outcome(played)
    fields = {name: value for name, value in outcome.items() if wrong & {"status", name}}
    if "states" in wrong:
        fields["states"] = recorded_trail(played.trail)
    if "duration" in wrong:
        fields["duration"] = span_text(took(played.seen).total_seconds())
    if "calls" in wrong:
        fields["calls"] = _calls(expect, played)
    left = t("expected events are not recorded: change them yourself") if "events" in wrong else ""
    gone = {"output", "error", "cause"} & expect.model_fields_set - outcome.keys()
    return Recorded(result, fields, frozenset(gone if "status" in wrong else ()), left)


def _outcome(played: Played) -> dict[str, Json]:
    outcome = played.seen.outcome
    if outcome.status == "SUCCEEDED":
        return {"status": outcome.status, "output": outcome.output}
    texts = {name: text for name, text in failure_texts(outcome).items() if text is not None}
    return {"status": outcome.status, **texts}


def _calls(expect: Expect, played: Played) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for state, wanted in (expect.calls or {}).items():
        inputs = [it.payload for it in played.seen.started if it.state == state]
        made[state] = inputs if isinstance(wanted, list) else len(inputs)
    return made


def recorded_trail(trail: Sequence[Json]) -> list[Json]:
    """A trail for a test file: items that all went the same way are written once."""
    return [_recorded_step(step) for step in trail]


def _recorded_step(step: Json) -> Json:
    if isinstance(step, str):
        return step
    trails = [recorded_trail(each) for each in step[name_of(step)]]
    if len(trails) > 1 and all(each == trails[0] for each in trails):
        return {name_of(step): {EACH: trails[0]}}
    return {name_of(step): trails} if len(trails) <= MOST_TRAILS else name_of(step)


# Effects


def write_recordings(ran: Ran, found: Sequence[Recorded]) -> None:
    """Write them into the test file. Raises NotEditable, OSError."""
    changes = {it.result.test.index: Change(it.fields, it.gone) for it in found if it.fields}
    if not changes:
        return
    path = ran.suite.path
    text = path.read_bytes().decode("utf-8")
    if path.suffix == ".json":
        made = _in_json(text, changes)
    else:
        made = edited(text, ran.suite.document, changes)
    path.write_bytes(made.encode("utf-8"))


def _in_json(text: str, changes: Mapping[int, Change]) -> str:
    content = json.loads(text)
    for index, change in changes.items():
        content["cases"][index] = change.applied(content["cases"][index])
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
