"""--update: what is written, and that everything else stays."""

import json

import pytest

from tests.support.play import definition, task
from tests.support.testing import HEAD, Bench, asw, case

FLOW = definition("Work", Work=task(Next="Done"), Done={"Type": "Succeed"})
INNER = definition("Each", Each=task("each"))
MAP = definition("All", All={"Type": "Map", "ItemProcessor": INNER, "End": True})

YAML = """\
# What we promise to customers.
apiVersion: asw.dev/v1alpha1
kind: WorkflowTest
workflow: flow.asl.json # beside it
mocks:
  Work: {result: {greeting: "你好"}}
cases:
  # the good one
  - name: without expectations
    input: {}

  - name: with a wrong one # why
    expect:
      output: 1 # one
      states: [Work]
      duration: 5m
      calls: {Work: 3}
  - name: as expected
    expect: {status: SUCCEEDED}
"""
UPDATED = """\
# What we promise to customers.
apiVersion: asw.dev/v1alpha1
kind: WorkflowTest
workflow: flow.asl.json # beside it
mocks:
  Work: {result: {greeting: "你好"}}
cases:
  # the good one
  - name: without expectations
    input: {}
    expect:
      status: SUCCEEDED
      output: {greeting: 你好}
      states: [Work, Done]

  - name: with a wrong one # why
    expect:
      output: {greeting: 你好} # one
      states: [Work, Done]
      duration: 0s
      calls: {Work: 1}
  - name: as expected
    expect: {status: SUCCEEDED}
"""


def test_comments_and_order_stay(bench: Bench):
    """Only what is missing or wrong is written; then all cases pass."""
    bench.write(FLOW)
    (bench.folder / "flow.test.json").unlink()
    path = bench.folder / "flow.test.yaml"
    path.write_text(YAML)
    done = asw("test", "--update")
    assert (done.exit_code, path.read_text()) == (0, UPDATED)
    assert "recorded without expectations:" in done.stderr
    assert 'output: {"greeting":"你好"}' in done.stderr
    assert asw("test").exit_code == 0


def test_nothing_is_written_where_all_is_well(bench: Bench):
    """A file that is right keeps every byte, odd spaces too."""
    bench.write(FLOW)
    (bench.folder / "flow.test.json").unlink()
    path = bench.folder / "flow.test.yaml"
    text = YAML.partition("  # the good one")[0] + "- {name:   x, expect: {status:  SUCCEEDED}}\n"
    path.write_text(text)
    assert asw("test", "--update").exit_code == 0
    assert path.read_text() == text


def expect_after(bench: Bench, flow, given):
    """What the only case expects after an update, and the update's result."""
    path = bench.write(flow, given)
    done = asw("test", "--update")
    return json.loads(path.read_text())["cases"][0].get("expect"), done


def test_json_is_written_as_json(bench: Bench):
    """A test file in JSON stays JSON."""
    expect, _ = expect_after(bench, FLOW, case(mocks={"Work": {"result": 1}}))
    assert expect == {"status": "SUCCEEDED", "output": 1, "states": ["Work", "Done"]}


def test_another_outcome_takes_the_old_one_away(bench: Bench):
    """A case that fails now has an error, and no output, and the other way round."""
    failing = case(mocks={"Work": {"error": "E"}}, expect={"output": 1})
    expect, _ = expect_after(bench, FLOW, failing)
    assert expect == {"status": "FAILED", "error": "E"}
    well = case(mocks={"Work": {"result": 1}}, expect={"error": "E", "cause": "why"})
    expect, _ = expect_after(bench, FLOW, well)
    assert expect == {"status": "SUCCEEDED", "output": 1}


@pytest.mark.parametrize(
    ("count", "states"),
    [(1, [{"All": [["Each"]]}]), (3, [{"All": {"$each": ["Each"]}}])],
)
def test_items_that_went_the_same_way_are_written_once(bench: Bench, count, states):
    """A Map over many items makes no long list."""
    expect, _ = expect_after(bench, MAP, case(input=[0] * count, functions={"each": {"result": 1}}))
    assert expect["states"] == states


NTH = {"result": "${n}"}
LEFT = [
    pytest.param(
        case(
            parameters=[{"n": 1}, {"n": 2}],
            mocks={"Work": {"result": "${n}"}},
            expect={"output": 1},
        ),
        "share one expect",
        id="parameters",
    ),
    pytest.param(case(), "could not be played", id="no mock"),
    pytest.param(
        case(mocks={"Work": {"result": 1}}, expect={"events": ["MapRunStarted"]}),
        "events are not recorded",
        id="events",
    ),
]


@pytest.mark.parametrize(("given", "words"), LEFT)
def test_what_is_left_to_the_author(bench: Bench, given, words):
    """What cannot be recorded is said, the file is left alone, and the exit code tells."""
    expect, done = expect_after(bench, FLOW, given)
    assert words in done.stderr
    assert (done.exit_code, expect) == (1, given.get("expect"))


def test_the_right_document_of_a_file_is_written(bench: Bench):
    """Several test documents in one file stay apart."""
    bench.write(FLOW)
    (bench.folder / "flow.test.json").unlink()
    path = bench.folder / "flow.test.yaml"
    one = json.dumps({**HEAD, "cases": [case(functions={"*": {"result": 1}}, expect={})]})
    two = json.dumps({**HEAD, "cases": [case(functions={"*": {"result": 2}}, name="two")]})
    path.write_text(f"{one}\n---\n{two}\n")
    assert asw("test", "--update").exit_code == 0
    assert path.read_text().count("output: 2") == 1
    assert "output: 1" not in path.read_text()


def a_file(cases: str) -> str:
    """A test file about FLOW with these cases, as text."""
    head = "apiVersion: asw.dev/v1alpha1\nkind: WorkflowTest\nworkflow: flow.asl.json\n"
    return f"{head}mocks: {{Work: {{result: yes it is}}}}\ncases:\n{cases}"


TEXT = "  - name: a\n    input: |\n      text\n\n        more\n"
EDITS = [
    pytest.param(
        "- {name: a}  # short\n",
        "- {name: a, expect: {status: SUCCEEDED, output: yes it is, states: [Work, Done]}}"
        "  # short\n",
        id="a case on one line",
    ),
    pytest.param(
        "- name: a\n  expect: {output: 1, calls: {Work: 1}} # keep\n- name: b\n  expect: {}\n",
        "- name: a\n  expect: {calls: {Work: 1}, output: yes it is} # keep\n"
        "- name: b\n  expect: {}\n",
        id="an expect on one line",
    ),
    pytest.param(
        "  - name: a\n    expect:\n      # first\n      output: 1 # one\n\n"
        "      # second\n      states:\n        - Work\n        # inside\n        - Work\n"
        "      calls: {Work: 1}\n  # end\n",
        "  - name: a\n    expect:\n      # first\n      output: yes it is # one\n\n"
        "      # second\n      states: [Work, Done]\n      calls: {Work: 1}\n  # end\n",
        id="comments within",
    ),
    pytest.param(
        "  - name: a\n    expect:\n      error: E\n      cause: why\n  - name: b\n    expect: {}\n",
        "  - name: a\n    expect:\n      status: SUCCEEDED\n      output: yes it is\n"
        "  - name: b\n    expect: {}\n",
        id="another outcome",
    ),
    pytest.param(
        "  - expect: {output: 1}\n    name:  'a'\n    input: {\"x\":   0777, y: 1_0}\n",
        "  - expect: {output: yes it is}\n    name:  'a'\n    input: {\"x\":   0777, y: 1_0}\n",
        id="odd spelling stays",
    ),
    pytest.param(
        f"{TEXT}\n\n  # next\n  - name: b\n    expect: {{}}",
        f"{TEXT}    expect:\n      status: SUCCEEDED\n      output: yes it is\n"
        "      states: [Work, Done]\n\n\n  # next\n  - name: b\n    expect: {}",
        id="behind a block of text",
    ),
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(("before", "after"), EDITS)
def test_only_the_expectations_change(bench: Bench, before, after, line_end):
    """However a case is written, every byte beside its expectations stays."""
    bench.write(FLOW).unlink()
    path = bench.folder / "flow.test.yaml"
    path.write_bytes(a_file(before).replace("\n", line_end).encode())
    assert asw("test", "--update").exit_code == 0
    assert path.read_bytes().decode() == a_file(after).replace("\n", line_end)
    assert asw("test").exit_code == 0


@pytest.mark.parametrize(
    "output", ["yes", "1e3", "0777", "~", "2030-01-01", "a: b", "# no", "x\n\n y\n", "", "语"]
)
def test_texts_stay_texts(bench: Bench, output):
    """A text that YAML would take for something else is quoted."""
    bench.write(FLOW).unlink()
    mocks = json.dumps({"Work": {"result": [output, {output: output}]}})
    path = bench.folder / "flow.test.yaml"
    path.write_text(a_file(f"- name: a\n  mocks: {mocks}\n"), encoding="utf-8")
    assert asw("test", "--update").exit_code == 0
    assert asw("test").exit_code == 0


def test_long_values_take_several_lines(bench: Bench):
    """What is too long for a line is written as a block."""
    bench.write(FLOW).unlink()
    result = {"items": [{"name": "x" * 40, "n": n} for n in range(3)]}
    path = bench.folder / "flow.test.yaml"
    path.write_text(a_file(f"- name: a\n  mocks: {json.dumps({'Work': {'result': result}})}\n"))
    assert asw("test", "--update").exit_code == 0
    item = f"      - {{name: {'x' * 40}, n: 0}}\n"
    assert f"    output:\n      items:\n{item}" in path.read_text()
    assert asw("test").exit_code == 0


def test_an_alias_is_left_alone(bench: Bench):
    """An expect that two cases share is not changed for one of them."""
    bench.write(FLOW).unlink()
    path = bench.folder / "flow.test.yaml"
    text = a_file("- name: a\n  expect: &e {output: yes it is}\n- name: b\n  expect: *e\n")
    text += "  mocks: {Work: {result: 2}}\n"
    path.write_text(text)
    done = asw("test", "--update")
    assert (done.exit_code, path.read_text()) == (1, text)
    assert "cannot be changed without changing more" in done.stderr
