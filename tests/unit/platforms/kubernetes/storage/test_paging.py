"""Large values leave the record and come back as they were."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.api.names import digest12, fence8, record_page_name
from asw.asl.values import from_text, to_text
from asw.engine.outputs import Outputs
from asw.platforms.kubernetes.storage.paging import (
    LISTED_BYTES,
    PART_CHARACTERS,
    RECORD_BUDGET_BYTES,
    Texts,
    paged,
)
from asw.platforms.kubernetes.storage.restoring import references, restored
from asw.platforms.kubernetes.storage.stored_names import ReferencedNames, by_digest
from tests.support.kube_objects import UID, a_naming

LARGE = "x" * 5000
SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.just(1.0) | st.just(LARGE)
KEYS = st.text(max_size=5) | st.sampled_from(["$page", "$input", "$value", "$runs", "output"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def trip(plain, input_value=None, texts=None):
    """There and back, as a restart would: text, then page after page as they are asked for."""
    made = paged(a_naming(), plain, to_text(input_value), texts or Texts())
    node, pages = from_text(made.text), {}
    while missing := set(references(node, pages)) - pages.keys():
        pages |= {name: made.pages[name] for name in missing}
    assert pages.keys() == made.needed
    return restored(node, pages, input_value), made


def after_a_save(before):
    """The names of the next save, once this one was stored."""
    return a_naming("8", ReferencedNames(record=by_digest(before.needed)))


def as_json(plain):
    """The tree with outputs by index, as texts."""
    if isinstance(plain, Outputs):
        return {str(index): plain[index] for index in sorted(plain)}
    if isinstance(plain, dict):
        return {key: as_json(value) for key, value in plain.items()}
    return [as_json(it) for it in plain] if isinstance(plain, list) else plain


def outputs_of(values, failures=()):
    """Outputs one after the other, as an execution gathers them, and failures beside them."""
    made, failed = Outputs(), Outputs()
    for index, value in enumerate(values):
        if index in failures:
            failed = failed.having(index, {"Error": "Oops", "Cause": value})
        else:
            made = made.having(index, value)
    return {"outputs": made, "failures": failed}


@given(st.lists(VALUES, min_size=3, max_size=3), st.integers(0, 3))
def test_record_comes_back_as_it_was(values, equal):
    """Whatever users' values are, even ones that look like our own marks."""
    first, second, third = values
    plain = {
        "input": first,
        "version": 1,
        "frames": [
            {"id": 1, "input": second, "waiting": {"on": "task", "payload": third}},
            {"id": 2, "waiting": {"on": "branches", "outputs": Outputs({0: first, 7: third})}},
        ],
        "outcome": {"status": "SUCCEEDED", "output": second},
    }
    found, _ = trip(plain, input_value=[*values, None][equal])
    assert json.dumps(found) == json.dumps(as_json(plain))


def test_large_value_becomes_a_page():
    """The page is named by owner, save and content and holds the value's text."""
    _, made = trip({"input": LARGE})
    text = to_text(LARGE)
    name = record_page_name(UID, fence8("7"), digest12(text))
    assert made.pages == {name: text}
    assert from_text(made.text) == {"input": {"$page": name}}


def test_limit_counts_bytes():
    """A Chinese text reaches the limit at a third of the characters."""
    _, made = trip({"input": "求" * 1400})
    assert len(made.pages) == 1


def test_equal_values_share_a_page():
    """Input, frame and payload of the first state are one value, and one page."""
    _, made = trip({"input": LARGE, "frames": [{"input": LARGE, "waiting": {"payload": LARGE}}]})
    assert len(made.pages) == 1


def test_input_that_the_spec_keeps_is_not_kept_again():
    """What equals the execution's own input is only named."""
    value = {"order": LARGE}
    found, made = trip({"input": value, "frames": [{"input": value}]}, input_value=value)
    assert made.pages == {}
    assert found["frames"][0]["input"] == value


def test_finished_iterations_are_pages_by_runs():
    """A page once written is not written again, however the Map goes on."""
    first = outputs_of([{"n": n} for n in range(130)])
    found, before = trip(first)
    assert found == as_json(first)
    assert len(before.pages) == 2
    then = {**first, "outputs": first["outputs"].having(130, {"n": 130})}
    after = paged(after_a_save(before), then, None, Texts())
    assert (after.needed, after.pages) == (before.needed, {})


def test_a_run_with_failures_is_final_too():
    """Each index has its output, or its failure: nothing will be added to either."""
    plain = outputs_of(["x" * 20] * 128, failures={3, 70})
    found, made = trip(plain)
    assert found == as_json(plain)
    assert len(made.pages) == 4
    assert from_text(made.text)["outputs"]["rest"] == {}


@pytest.mark.parametrize("count", [100, 1_000, 10_000, 100_000])
def test_text_stays_short_however_many_there_are(count):
    """A hundred thousand children do not make the status grow; all of them come back."""
    plain = outputs_of([None] * count, failures=range(0, count, 97))
    found, made = trip(plain)
    assert found == as_json(plain)
    assert len(made.text) + LISTED_BYTES * len(made.direct) < RECORD_BUDGET_BYTES


def test_one_more_output_writes_little_however_many_there_are():
    """Ten thousand are there, a few still open: what is added is one run, and an index or two."""
    values = [{"n": n, "text": "x" * 100} for n in range(10_000)]
    plain, texts = outputs_of(values), Texts()
    outputs = Outputs({n: value for n, value in plain["outputs"].items() if n % 640 > 20})
    before = paged(a_naming(), {"outputs": outputs}, None, texts)
    texts.keep()
    more = outputs.having(0, values[0])
    after = paged(after_a_save(before), {"outputs": more}, None, texts)
    assert 0 < sum(map(len, after.pages.values())) < 20_000


def test_objects_that_stay_the_same_are_looked_at_once():
    """Identity tells: neither runs nor large values are made into texts again."""
    texts, plain = Texts(), {"items": [LARGE], **outputs_of(["x"] * 1000)}
    before = paged(a_naming(), plain, None, texts)
    texts.keep()
    made = []
    texts.of, of = lambda value, make: of(value, lambda: made.append(value) or make()), texts.of
    assert paged(after_a_save(before), plain, None, texts).needed == before.needed
    assert made == []


def test_what_one_object_cannot_hold_is_kept_in_parts():
    """A long array of items is several objects, each below a megabyte."""
    items = ["年" * 1000] * 600
    found, made = trip({"items": items})
    assert found == {"items": items}
    assert len(made.pages) == 4
    assert max(len(text.encode()) for text in made.pages.values()) < 700_000


def test_parts_that_are_alike_are_one_object():
    """A text that repeats itself comes back whole, however its parts fall."""
    items = [{"a": 0}] * 100_000
    found, made = trip({"items": items})
    assert found == {"items": items}
    assert len(made.pages) < len(to_text(items)) / PART_CHARACTERS


def test_large_outputs_are_pages_of_their_own():
    """A run of 64 outputs of 150 KB fits into no object."""
    plain = outputs_of([LARGE * 30 + str(n) for n in range(64)])
    found, made = trip(plain)
    assert found == as_json(plain)
    assert len(made.pages) == 65
    assert max(map(len, made.pages.values())) < 300_000


def test_a_page_that_could_not_be_stored_is_made_again():
    """The texts are not kept, so that they are made anew as long as the page is not known."""
    texts, plain = Texts(), {"items": [LARGE], **outputs_of([LARGE] * 64)}
    before = paged(a_naming(), plain, None, texts)
    texts.turn()
    assert paged(a_naming(), plain, None, texts) == before


def test_a_save_that_was_not_stored_leaves_no_name_behind():
    """Another one, by another version of the status, names everything by that."""
    texts, plain = Texts(), {"items": [LARGE], **outputs_of([LARGE] * 64)}
    first = paged(a_naming("7"), plain, None, texts)
    texts.turn()
    second = paged(a_naming("8"), plain, None, texts)
    assert first.needed.isdisjoint(second.needed)
    assert second.pages.keys() == second.needed


def test_equal_parts_of_a_text_are_one_object():
    """A text that repeats itself comes back as often as it does."""
    items = [1] * 400_000
    found, made = trip({"items": items})
    assert found == {"items": items}
    assert len(made.pages) < 5


def test_many_small_values_stay_within_the_budget():
    """Forty branches with three kilobytes each do not fit, so they are paged, too."""
    frames = [{"id": n, "input": f"{n}" + "x" * 3000} for n in range(40)]
    found, made = trip({"frames": frames})
    assert found == {"frames": frames}
    assert len(made.text) < RECORD_BUDGET_BYTES


def test_record_of_very_many_frames_is_one_page():
    """Where the frames alone are too much, all of the record leaves the status."""
    frames = [{"id": n, "state": "x" * 80, "input": LARGE} for n in range(300)]
    found, made = trip({"frames": frames})
    assert found == {"frames": frames}
    assert len(made.text) < 100
