"""Large values leave the record and come back as they were."""

import json

from hypothesis import given
from hypothesis import strategies as st

from asw.api.names import page_name
from asw.asl.values import from_text, to_text
from asw.kubernetes.paging import RECORD_BUDGET_BYTES, Texts, paged, references, restored
from tests.support.kube_objects import UID

LARGE = "x" * 5000
SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.just(1.0) | st.just(LARGE)
KEYS = st.text(max_size=5) | st.sampled_from(["$page", "$input", "$value", "$runs", "output"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def trip(plain, input_value=None):
    """There and back, as a restart would: text, then page after page as they are asked for."""
    made = paged(UID, plain, to_text(input_value), Texts())
    node, pages = from_text(made.text), {}
    while missing := set(references(node, pages)) - pages.keys():
        pages |= {name: made.pages[name] for name in missing}
    return restored(node, pages, input_value), made


@given(st.lists(VALUES, min_size=3, max_size=3), st.integers(0, 3))
def test_record_comes_back_as_it_was(values, equal):
    """Whatever users' values are, even ones that look like our own marks."""
    first, second, third = values
    plain = {
        "input": first,
        "version": 1,
        "frames": [
            {"id": 1, "input": second, "waiting": {"on": "task", "payload": third}},
            {"id": 2, "waiting": {"on": "branches", "outputs": {"0": first, "7": third}}},
        ],
        "outcome": {"status": "SUCCEEDED", "output": second},
    }
    found, _ = trip(plain, input_value=[*values, None][equal])
    assert json.dumps(found) == json.dumps(plain)


def test_large_value_becomes_a_page():
    """The page is named by owner and content and holds the value's text."""
    _, made = trip({"input": LARGE})
    text = to_text(LARGE)
    assert made.pages == {page_name(UID, text): text}
    assert from_text(made.text) == {"input": {"$page": page_name(UID, text)}}


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


def test_finished_iterations_are_sealed_by_runs():
    """A page once written is not written again, however the Map goes on."""
    outputs = {str(n): {"n": n} for n in range(130)}
    _, before = trip({"outputs": outputs})
    found, after = trip({"outputs": outputs | {"130": {"n": 130}}})
    assert len(before.pages) == 2
    assert before.pages == after.pages
    assert found["outputs"] == outputs | {"130": {"n": 130}}


def test_list_of_many_runs_is_a_page_itself():
    """Ten thousand iterations do not make the status grow."""
    outputs = {str(n): None for n in range(10_000)}
    found, made = trip({"outputs": outputs})
    assert found["outputs"] == outputs
    assert len(made.text) < 1000


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


def test_texts_are_made_once_per_value():
    """The same object's text is not made again in the next round, and forgotten after."""
    texts, value = Texts(), {"a": [1]}
    first = texts.of(value)
    texts.turn()
    assert texts.of(value) is first
    texts.turn()
    texts.turn()
    assert texts.of(value) is not first
