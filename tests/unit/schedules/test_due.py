"""What is started for instants that have come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from asw.schedules.due import Rules, decide, offset, run_name
from asw.schedules.timetable import timetable

MADE = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EACH_MINUTE = timetable("@every 1m", "UTC", MADE)


def decided(rules, *, now, since=0, waiting=()):
    """The decision of a schedule of every minute; times are minutes."""
    made = decide(EACH_MINUTE, rules, MADE + since * MINUTE, MADE + now * MINUTE, waiting)
    return [round((it.instant - MADE) / MINUTE) for it in made.starts], made


def test_instant_that_has_come_is_started():
    """Nothing is started before its time; then it is, once."""
    assert decided(Rules(), now=0.9)[0] == []
    starts, made = decided(Rules(), now=1)
    assert starts == [1]
    assert decide(EACH_MINUTE, Rules(), made.until, MADE + MINUTE, ()).starts == ()


def test_late_ones_that_are_still_on_time_are_all_started():
    """What is no later than startingDeadlineSeconds is started, in order."""
    assert decided(Rules(catch_up="None", on_time=2 * MINUTE), now=3)[0] == [1, 2, 3]


def test_without_catching_up_late_ones_are_left_out_and_counted():
    """Later ones are missed."""
    starts, made = decided(Rules(catch_up="None", on_time=MINUTE / 2), now=60.7)
    assert (starts, made.missed, made.barred) == ([], 60, 0)
    assert made.until == MADE + 60 * MINUTE


def test_last_late_one_is_caught_up_unless_one_is_on_time():
    """After an outage one run is started, not one for each instant."""
    rules = Rules(catch_up="Last", on_time=MINUTE / 2)
    assert decided(rules, now=60.7)[0] == [60]
    assert decided(rules, now=60.2)[0] == [60]


def test_all_late_ones_are_caught_up_to_a_limit():
    """The latest ones count, in order; the others are missed."""
    starts, made = decided(Rules(catch_up="All", limit=3, on_time=MINUTE / 2), now=60.7)
    assert (starts, made.missed) == ([58, 59, 60], 57)


def test_years_that_were_missed_cost_no_more_than_a_day():
    """However long nobody looked, a thousand instants are looked at."""
    starts, made = decided(Rules(catch_up="All", limit=1000), now=5_000_000)
    assert len(starts) == 1000
    assert made.until == MADE + 5_000_000 * MINUTE


def test_forbid_starts_none_beside_another():
    """A run that is not over keeps the next one from being started."""
    rules = Rules(concurrency="Forbid")
    starts, made = decided(rules, now=1, waiting=[False])
    assert (starts, made.missed, made.barred) == ([], 1, 1)
    assert decided(rules, now=2)[0] == [1]


def test_replace_stops_those_before_and_waits_for_their_end():
    """The newest run replaces all others, and goes on once they are over."""
    starts, made = decided(Rules(concurrency="Replace"), now=2, waiting=[False])
    assert starts == [2]
    assert made.replaces
    assert made.starts[0].waits
    assert not decided(Rules(concurrency="Replace"), now=1)[1].replaces


def test_queue_lets_the_next_ones_wait_up_to_a_limit():
    """One runs, a few wait, and the others are missed."""
    starts, made = decided(
        Rules(concurrency="Queue", limit=2, on_time=9 * MINUTE), now=5, waiting=[]
    )
    assert starts == [1, 2, 3]
    assert [it.waits for it in made.starts] == [False, True, True]
    assert (made.missed, made.barred) == (2, 2)
    full = decided(Rules(concurrency="Queue", limit=2), now=1, waiting=[False, True, True])
    assert full[0] == []


@given(
    st.lists(st.integers(-90, 300), min_size=1, max_size=12),
    st.sampled_from(["Allow", "Forbid", "Replace", "Queue"]),
    st.sampled_from(["None", "Last", "All"]),
)
def test_no_instant_is_started_twice_whatever_the_clock_does(steps, concurrency, catch_up):
    """Also if clocks are set back and forth, each instant is decided once, in order."""
    rules = Rules(concurrency=concurrency, catch_up=catch_up)
    since, now, started = MADE, MADE, []
    for seconds in steps:
        now += timedelta(seconds=seconds)
        made = decide(EACH_MINUTE, rules, since, now, ())
        assert made.until >= since
        since = made.until
        started += [it.instant for it in made.starts]
    assert started == sorted(set(started))
    assert all(it <= MADE + timedelta(seconds=sum(max(s, 0) for s in steps)) for it in started)


def test_jitter_is_the_same_each_time_and_differs_between_schedules():
    """The delay follows from the uid, and stays below the limit."""
    delays = {offset(f"uid-{number}", timedelta(minutes=5)) for number in range(50)}
    assert len(delays) == 50
    assert all(timedelta(0) <= it < timedelta(minutes=5) for it in delays)
    assert offset("uid-1", timedelta(minutes=5)) == offset("uid-1", timedelta(minutes=5))


def test_name_of_a_run_tells_schedule_and_instant_and_fits_a_label():
    """Names are readable, differ by schedule, instant and backfill, and have 63 characters."""
    base = run_name("nightly", "u1", MADE)
    assert base.startswith("nightly-20260101t000000-")
    others = {
        run_name("nightly", "u2", MADE),
        run_name("nightly", "u1", MADE + timedelta(milliseconds=1)),
        run_name("nightly", "u1", MADE, backfill=1),
    }
    assert base not in others
    assert len(others) == 3
    assert len(run_name("n" * 52, "u1", MADE)) <= 63
