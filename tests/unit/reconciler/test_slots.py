"""The book of slots, without any execution running."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.api.workflow import Concurrency
from asw.reconciler.opening import CannotBegin
from asw.reconciler.platform import ExecutionKey
from asw.reconciler.slots import Go, Slots, WaitForSlot

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ARun:
    """An execution, the n-th that was created."""

    n: int
    name: str | None = None
    workflow_name: str = "flow"
    object_name: str | None = None

    @property
    def key(self) -> ExecutionKey:
        """Made from its number."""
        return ExecutionKey("shop", self.object_name or f"run-{self.n}", f"uid-{self.n:04}")

    @property
    def execution_name(self) -> str:
        """Its public name."""
        return self.name or self.key.name

    @property
    def created_at(self) -> datetime:
        """A second apart."""
        return START + timedelta(seconds=self.n)


class Desk:
    """A book with the calls that it makes."""

    def __init__(self, **limit: object) -> None:
        self.woken: list[ExecutionKey] = []
        self.may_act = True
        self.slots = Slots(self.woken.append, lambda _: self.may_act)
        if limit:
            self.slots.put_limit("shop", "flow", Concurrency.model_validate(limit))

    def begin(self, *runs: ARun) -> None:
        """They may begin, and do."""
        for run in runs:
            assert self.slots.ask_for(run) == Go()
            self.slots.begun(run)

    def is_waiting(self, run: ARun) -> bool:
        """It asks, and is told to wait."""
        return isinstance(self.slots.ask_for(run), WaitForSlot)


def test_without_a_limit_everybody_goes() -> None:
    """No Workflow that sets a limit, no waiting."""
    desk = Desk()
    desk.begin(*map(ARun, range(50)))


def test_the_oldest_goes_first_whoever_asks_first() -> None:
    """All that are known stand in the line, in the order of their creation."""
    desk = Desk(limit=1)
    first, second = ARun(1), ARun(2)
    desk.slots.expect(second)
    desk.slots.revoke()
    desk.slots.expect(first)
    assert desk.is_waiting(second)
    assert desk.slots.ask_for(first) == Go()


def test_a_slot_that_is_free_wakes_the_next_one() -> None:
    """Nobody polls: whoever waits is told."""
    desk = Desk(limit=1)
    desk.begin(ARun(1))
    assert desk.is_waiting(ARun(3))
    assert desk.is_waiting(ARun(2))
    desk.slots.ended(ARun(1).key)
    assert desk.woken == [ARun(2).key]
    assert desk.slots.ask_for(ARun(2)) == Go()
    assert desk.is_waiting(ARun(3))


def test_a_raised_limit_wakes_as_many_as_fit() -> None:
    """The Workflow's current spec counts."""
    desk = Desk(limit=1)
    desk.begin(ARun(1))
    for n in (2, 3, 4):
        assert desk.is_waiting(ARun(n))
    desk.slots.put_limit("shop", "flow", Concurrency(limit=3))
    assert desk.woken == [ARun(2).key, ARun(3).key]
    desk.slots.put_limit("shop", "flow", None)
    assert desk.woken[2:] == [ARun(4).key]


def test_a_granted_slot_stays_granted() -> None:
    """Whatever became of the save: asking again is answered the same, and nobody else goes."""
    desk = Desk(limit=1)
    assert desk.slots.ask_for(ARun(2)) == Go()
    assert desk.is_waiting(ARun(1))
    assert desk.slots.ask_for(ARun(2)) == Go()


def test_who_steps_aside_holds_nothing() -> None:
    """One that cannot begin leaves its slot and its place to others, until it asks again."""
    desk = Desk(limit=1)
    desk.slots.expect(ARun(1))
    assert desk.is_waiting(ARun(2))
    desk.slots.step_aside(ARun(1).key)
    assert desk.woken == [ARun(2).key]
    desk.begin(ARun(2))
    assert desk.is_waiting(ARun(1))


def test_forbid_names_who_runs() -> None:
    """The cause says who has the slot; default limit: one."""
    desk = Desk(policy="Forbid")
    desk.begin(ARun(1))
    turn = desk.slots.ask_for(ARun(2))
    assert isinstance(turn, CannotBegin)
    assert turn.error == "Asw.ConcurrencyForbidden"
    assert "'run-1'" in turn.cause


def test_replace_stops_the_oldest_and_no_other() -> None:
    """As many of the oldest are stopped as there are new ones, and the cause names the new one."""
    desk = Desk(policy="Replace", limit=2)
    desk.begin(ARun(1), ARun(2))
    assert desk.slots.replacement(ARun(1).key) is None
    assert desk.is_waiting(ARun(3))
    order = desk.slots.replacement(ARun(1).key)
    assert order is not None
    assert order.error == "Asw.Replaced"
    assert order.cause is not None
    assert "'run-3'" in order.cause
    assert ARun(1).key in desk.woken
    assert ARun(2).key not in desk.woken
    assert desk.slots.replacement(ARun(2).key) is None
    desk.slots.ended(ARun(1).key)
    desk.begin(ARun(3))
    assert desk.slots.replacement(ARun(2).key) is None


def test_replace_lets_go_when_nobody_needs_the_slot() -> None:
    """The new one was deleted before the old one ended: that runs on."""
    desk = Desk(policy="Replace")
    desk.begin(ARun(1))
    assert desk.is_waiting(ARun(2))
    desk.slots.ended(ARun(2).key)
    assert desk.slots.replacement(ARun(1).key) is None


@pytest.mark.parametrize("is_begun", [True, False], ids=["runs", "waits"])
def test_a_name_is_taken_while_its_execution_lives(is_begun: bool) -> None:
    """A second one of the same public name fails, also while the first one waits."""
    desk = Desk(limit=1)
    if not is_begun:
        desk.begin(ARun(0))
    desk.slots.expect(ARun(1, "order"))
    turn = desk.slots.ask_for(ARun(2, "order"))
    assert isinstance(turn, CannotBegin)
    assert turn.error == "Asw.ExecutionAlreadyExists"
    assert "'run-1'" in turn.cause


def test_a_name_is_free_when_its_execution_is_over() -> None:
    """Unlike at AWS, where it stays taken for 90 days."""
    desk = Desk()
    desk.begin(ARun(1, "order"))
    desk.slots.ended(ARun(1).key)
    desk.begin(ARun(2, "order"))


@pytest.mark.parametrize("policy", ["Forbid", "Allow"])
def test_an_object_made_anew_proves_that_the_old_one_is_gone(policy: str) -> None:
    """Its deletion may have been missed: it keeps neither its name nor its slot."""
    desk = Desk(limit=1, policy=policy)
    desk.begin(ARun(1))
    again = ARun(2, object_name="run-1")
    desk.begin(again)
    assert desk.slots.state_of(ARun(1).key) is None
    assert desk.slots.state_of(again.key) == "BEGUN"


def test_two_of_a_name_at_once_one_goes() -> None:
    """Both are known and have a slot; whoever asks first, exactly one of them runs."""
    for order in ((1, 2), (2, 1)):
        desk = Desk()
        for n in (1, 2):
            desk.slots.expect(ARun(n, "order"))
        turns = [desk.slots.ask_for(ARun(n, "order")) for n in order]
        assert sum(turn == Go() for turn in turns) == 1


def test_a_name_that_is_taken_replaces_nobody() -> None:
    """One that fails before its start has no effect on others."""
    desk = Desk(policy="Replace")
    desk.begin(ARun(1, "order"))
    desk.slots.expect(ARun(2, "order"))
    assert isinstance(desk.slots.ask_for(ARun(2, "order")), CannotBegin)
    assert desk.slots.replacement(ARun(1).key) is None


def test_a_standby_follows_and_grants_nothing() -> None:
    """What another replica did counts when this one takes over."""
    desk = Desk(limit=1)
    desk.may_act = False
    desk.slots.expect(ARun(1))
    desk.slots.expect(ARun(2))
    desk.slots.begun(ARun(2))
    desk.may_act = True
    desk.slots.revoke()
    desk.slots.grant_all()
    assert desk.is_waiting(ARun(1))
    desk.slots.ended(ARun(2).key)
    assert desk.slots.ask_for(ARun(1)) == Go()


@pytest.mark.parametrize("policy", ["Allow", "Forbid", "Replace"])
def test_who_takes_over_looks_before_it_grants(policy: str) -> None:
    """A slot may be in use, though no watch told so far; without a limit nobody need look."""
    desk = Desk(policy=policy, limit=1)
    desk.slots.expect(ARun(1))
    desk.slots.revoke()
    with desk.slots.looking():
        desk.slots.grant_all()
        assert desk.is_waiting(ARun(1))
        assert desk.slots.ask_for(ARun(9, workflow_name="other")) == Go()
        desk.slots.begun(ARun(2))
    assert desk.slots.ask_for(ARun(1)) != Go()
    desk.slots.ended(ARun(2).key)
    assert desk.slots.ask_for(ARun(1)) == Go()


def test_the_message_tells_the_line() -> None:
    """It says how things stood when it began to wait, so that it never becomes untrue."""
    desk = Desk(limit=1)
    desk.begin(ARun(1))
    desk.slots.ask_for(ARun(2))
    turn = desk.slots.ask_for(ARun(3))
    assert turn == WaitForSlot(
        "when it began to wait, 1 of 1 slots of Workflow 'flow' were taken, 1 before this one; "
        "it starts when its turn comes, in the order of creation"
    )


def test_nothing_is_kept_of_what_is_over() -> None:
    """Books of Workflows without executions are forgotten."""
    desk = Desk()
    desk.begin(ARun(1))
    desk.slots.ended(ARun(1).key)
    assert (desk.slots._books, desk.slots._entries) == ({}, {})


steps = st.lists(
    st.tuples(
        st.sampled_from(["expect", "ask", "end", "aside", "change", "crash"]), st.integers(0, 9)
    ),
    max_size=60,
)


@given(steps)
def test_never_more_than_the_limit_and_nobody_is_forgotten(plan: list[tuple[str, int]]) -> None:
    """Whatever happens in whatever order: no start beyond the limit, no slot empty while one waits.

    Crashes included.
    """
    play = Play()
    for what, n in plan:
        getattr(play, what)(n)
    waiting = [n for n in sorted(play.alive - play.begun) if play.desk.is_waiting(ARun(n))]
    assert not waiting or len(play.alive) - len(waiting) >= play.limit


class Play:
    """Executions that come and go, and what is true of them."""

    def __init__(self) -> None:
        self.limit = 2
        self.desk = Desk(limit=2)
        self.alive: set[int] = set()
        self.begun: set[int] = set()
        self.over: set[int] = set()

    def expect(self, n: int) -> None:
        """It is seen."""
        if n not in self.over | self.begun:
            self.alive.add(n)
            self.desk.slots.expect(ARun(n))

    def ask(self, n: int) -> None:
        """It would begin."""
        if n in self.over | self.begun:
            return
        self.alive.add(n)
        if self.desk.slots.ask_for(ARun(n)) == Go():
            assert len(self.begun) < self.limit
            self.begun.add(n)
            self.desk.slots.begun(ARun(n))

    def end(self, n: int) -> None:
        """It is over."""
        self.over.add(n)
        self.begun.discard(n)
        self.alive.discard(n)
        self.desk.slots.ended(ARun(n).key)

    def aside(self, n: int) -> None:
        """It cannot begin now."""
        self.desk.slots.step_aside(ARun(n).key)

    def change(self, n: int) -> None:
        """The limit changes."""
        self.limit = n // 3 + 1
        self.desk.slots.put_limit("shop", "flow", Concurrency(limit=self.limit))

    def crash(self, _: int) -> None:
        """Another process fills its book with what is stored."""
        self.desk = Desk(limit=self.limit)
        for each in sorted(self.begun):
            self.desk.slots.begun(ARun(each))
        for each in sorted(self.alive - self.begun):
            self.desk.slots.expect(ARun(each))
