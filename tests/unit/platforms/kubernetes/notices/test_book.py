"""Which notices are written, and which only counted."""

from datetime import timedelta

import pytest

from asw.platforms.kubernetes.client.resources import EXECUTIONS
from asw.platforms.kubernetes.notices.book import (
    MOST_PENDING,
    OF_ALL,
    OF_NAMESPACE,
    OF_OBJECT,
    SERIES_SECONDS,
    Book,
    Level,
)
from asw.platforms.kubernetes.notices.notice import (
    MESSAGE_LIMIT,
    NAME_LIMIT,
    Notice,
    Subject,
    event_name,
    plain,
)
from tests.support.kube_objects import NOW


def notice(name="run", namespace="shop", message="", **kind):
    """A warning, unless told otherwise."""
    about = Subject(resource=EXECUTIONS, namespace=namespace, name=name, uid=f"{namespace}-{name}")
    return Notice(about=about, reason="Why", message=message, **{"is_warning": True, **kind})


class Told:
    """A book, in which time passes when the test says so."""

    def __init__(self, level=Level.NORMAL):
        self.book = Book(level)
        self.seconds = 0.0

    def enter(self, it):
        """Whether it is not lost."""
        return self.book.enter(it, self.seconds, NOW + timedelta(seconds=self.seconds))

    def written(self):
        """Names of objects and counts of all that is written now."""
        found = list(self.book.take(self.seconds))
        for series in found:
            series.is_stored = True
        return [(it.notice.about.name, it.count) for it in found]


def test_what_repeats_is_one_event_with_a_count():
    """It is written again, with the number of times; ten minutes of silence later it is new."""
    told = Told()
    told.enter(notice())
    told.enter(notice())
    assert told.written() == [("run", 2)]
    told.seconds = 5.0
    told.enter(notice())
    (series,) = told.book.take(told.seconds)
    assert (series.count, series.last_at - series.first_at) == (3, timedelta(seconds=5))
    told.seconds += SERIES_SECONDS
    told.enter(notice())
    assert told.written() == [("run", 1)]


def test_another_message_is_another_event():
    """Only what says the same is counted together."""
    told = Told()
    told.enter(notice(message="a"))
    told.enter(notice(message="b"))
    assert told.written() == [("run", 1), ("run", 1)]


@pytest.mark.parametrize(
    ("rate", "made"),
    [
        (OF_OBJECT, lambda n: notice(message=str(n))),
        (OF_NAMESPACE, lambda n: notice(str(n))),
        (OF_ALL, lambda n: notice(namespace=str(n))),
    ],
    ids=["of-an-object", "of-a-namespace", "of-all"],
)
def test_so_many_at_once_and_so_many_a_second(rate, made):
    """An object, a namespace and all have their bursts, and get tokens as time passes."""
    told, many = Told(), int(rate.burst) + 5
    assert sum(told.enter(made(n)) for n in range(many)) == rate.burst
    assert len(told.written()) == rate.burst
    told.seconds = 3 / rate.per_second
    assert sum(told.enter(made(many + n)) for n in range(many)) == 3


def test_a_flood_in_one_namespace_leaves_tokens_to_others():
    """Whose runs fail by the thousand keeps nobody else's warnings away."""
    told = Told()
    for n in range(10_000):
        told.enter(notice(str(n), "noisy"))
    assert told.enter(notice("run", "quiet"))


def test_routine_leaves_half_of_the_tokens_to_warnings():
    """However many runs begin and end well, a failure among them is told."""
    told = Told()
    routine = [told.enter(notice(str(n), is_warning=False, is_routine=True)) for n in range(1000)]
    assert sum(routine) == OF_NAMESPACE.burst / 2
    assert told.enter(notice("failed"))


def test_floods_in_many_namespaces_leave_tokens_to_a_quiet_one():
    """Whoever has a hundred namespaces keeps the warnings of another tenant away no more."""
    told = Told()
    for _ in range(20):
        told.seconds += 1
        for n in range(1000):
            told.enter(notice(str(n), f"noisy-{n % 100}", message=str(told.seconds)))
    assert all(told.enter(notice(str(n), "quiet")) for n in range(10))


def test_300_runs_a_second_cost_a_few_writes():
    """Start and end of each for a minute: not one write in fifty of their own."""
    told, written = Told(), 0
    for n in range(60 * 300):
        told.seconds = n / 300
        for message in ("start", "end"):
            told.enter(notice(str(n), message=message, is_warning=False, is_routine=True))
        written += len(told.written())
    assert written <= 60 * 300 / 50


def test_counts_are_written_while_there_are_tokens():
    """One that comes all the time is patched at the rate of its object; none is lost."""
    told, written = Told(), []
    for _ in range(1000):
        told.seconds += 0.1
        assert told.enter(notice())
        written += told.written()
    assert len(written) <= OF_OBJECT.burst + 100 * OF_OBJECT.per_second
    assert told.book.has_pending
    told.seconds += 1 / OF_OBJECT.per_second
    assert told.written() == [("run", 1000)]


def test_what_a_deaf_server_lets_wait_is_bounded():
    """Beyond that it is lost."""
    told = Told()
    for n in range(2 * MOST_PENDING):
        told.seconds += 60
        told.enter(notice(str(n), str(n % 50)))
    assert len(list(told.book.take(told.seconds))) == MOST_PENDING


@pytest.mark.parametrize(
    ("level", "expected"),
    [(Level.NORMAL, ["began", "failed"]), (Level.WARNING, ["failed"]), (Level.NONE, [])],
    ids=str,
)
def test_levels(level, expected):
    """What the setting excludes is neither written nor lost."""
    told = Told(level)
    assert told.enter(notice("began", is_warning=False))
    assert told.enter(notice("failed"))
    assert [name for name, _ in told.written()] == expected


def test_a_clock_that_stands_still_or_goes_back_brings_no_tokens():
    """Only progress counts."""
    told = Told()
    for n in range(int(OF_NAMESPACE.burst)):
        told.enter(notice(str(n)))
    told.seconds = -3600.0
    assert not told.enter(notice("later"))


@pytest.mark.parametrize("name", ["run", "r" * NAME_LIMIT, "r-" * 126], ids=["short", "long", "-"])
def test_names_of_events_fit(name):
    """They are names of objects, however long that of the Execution is."""
    made = event_name(notice(name), "0123456789abcdef01")
    assert len(made) <= NAME_LIMIT
    assert made.endswith(".0123456789abcdef01")
    assert "-." not in made


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("a b", "a b"),
        ("事件 ok", "事件 ok"),
        ("a\nWarning  Fake\r\tb", "a Warning Fake b"),
        ("\x1b[2Jgone \u202eback", "\ufffd[2Jgone \ufffdback"),
    ],
    ids=["short", "chinese", "lines", "escapes"],
)
def test_a_message_is_one_line_that_moves_no_cursor(message, expected):
    """Names of errors come from tenants, and administrators read them in terminals."""
    assert plain(message) == expected


@pytest.mark.parametrize("letter", ["x", "事", "\x1b", "\\"], ids=ascii)
def test_messages_are_bounded_before_they_are_kept(letter):
    """In bytes as in memory, whatever they consist of."""
    told = Told()
    told.enter(notice(message=letter * 1_000_000))
    (series,) = told.book.take(0.0)
    assert len(series.notice.message.encode()) <= MESSAGE_LIMIT
