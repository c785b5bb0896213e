"""Which name a value gets, and what a name tells."""

import pytest

from asw.api.names import (
    digest12,
    event_page_name,
    fence8,
    history_chunk_name,
    record_page_name,
)
from asw.platforms.kubernetes.storage.stored_names import (
    ReferencedNames,
    by_digest,
    fence_of,
    is_of_history,
    is_of_record_alone,
)
from tests.support.kube_objects import UID, a_naming

TEXT = '"large"'
DIGEST = digest12(TEXT)
FENCE = fence8("3")
OWN = record_page_name(UID, FENCE, DIGEST)
SHOWN = event_page_name(UID, FENCE, DIGEST)
SEALED = history_chunk_name(UID, 12, FENCE, TEXT)
OLD_PAGE, OLD_CHUNK = f"0b2bd0a47c0c-p-{DIGEST}", f"0b2bd0a47c0c-h-12-{DIGEST}"


def test_a_save_that_is_done_again_makes_the_same_names():
    """By one version and one value there is one name, by another version another."""
    names = [a_naming(version).of_record(DIGEST) for version in ("7", "7", "8")]
    assert names[0] == names[1] != names[2]


def test_what_the_record_refers_to_keeps_its_name():
    """Also where the history has the same value by now: pages name other pages."""
    naming = a_naming(known=ReferencedNames(record=by_digest([OWN]), events=by_digest([SHOWN])))
    assert naming.of_record(DIGEST) == (OWN, False)


def test_a_record_takes_the_page_of_an_event():
    """A large output is one object, whether the event is of this save or of an earlier one."""
    naming = a_naming()
    assert naming.of_record(DIGEST) == (record_page_name(UID, fence8("7"), DIGEST), True)
    name = naming.of_event(TEXT)
    assert naming.of_record(DIGEST) == (name, False)
    assert a_naming(known=ReferencedNames(events=by_digest([SHOWN]))).of_record(DIGEST) == (
        SHOWN,
        False,
    )


def test_history_never_takes_a_page_of_the_record_alone():
    """That one goes some day."""
    naming = a_naming(known=ReferencedNames(record=by_digest([OWN])))
    assert is_of_history(naming.of_event(TEXT))
    assert naming.pages == {naming.of_event(TEXT): TEXT}


def test_a_known_page_of_the_history_is_not_written_again():
    """One value is one object, however many events show it."""
    naming = a_naming(known=ReferencedNames(events=by_digest([SHOWN])))
    assert naming.of_event(TEXT) == SHOWN
    assert naming.pages == {}


@pytest.mark.parametrize(
    ("name", "fence", "is_garbage"),
    [
        (OWN, FENCE, True),
        (SHOWN, FENCE, False),
        (SEALED, FENCE, False),
        (OLD_PAGE, None, False),
        (OLD_CHUNK, None, False),
        ("0b2bd0a47c0c-c-12", None, False),
    ],
)
def test_names_tell(name, fence, is_garbage):
    """By which save an object was made, and whether a record alone had it; of old ones neither."""
    assert fence_of(name) == fence
    assert is_of_record_alone(name) is is_garbage
