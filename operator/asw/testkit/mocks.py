"""The outside of a case: the mocks that answer its tasks, and the objects that it reads.

Pure, except for real functions and the files of objects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import Final, Protocol

from asw.asl.integrations import CALLBACK
from asw.asl.resources import FunctionInvocation, ServiceInvocation
from asw.asl.values import ABSENT, Json, to_text
from asw.engine.answers import Answer, End, Lost, Raised, Returned
from asw.engine.commands import StartTask
from asw.engine.items import Listed, NoSuchObject
from asw.engine.nested import is_nested
from asw.engine.simulation import MapItem
from asw.messages import t
from asw.platforms.local.objects import LARGEST_OBJECT, FileStore
from asw.testkit.matchers import fits
from asw.testkit.model import ANY_FUNCTION, Mock

Table = Mapping[str, Sequence[Mock]]
MODIFIED_AT: Final = 1_767_225_600
"""Last modification of all objects, in seconds since 1970: always 2026-01-01."""


class NoAnswer(Exception):
    """No mock answers a start; ``snippet`` is what to add to the test file."""

    def __init__(self, message: str, snippet: str = "") -> None:
        super().__init__(message)
        self.snippet = snippet


class RealFunctions(Protocol):
    """Runs Functions of the manifests."""

    def call(self, command: StartTask) -> End:
        """Run the function, or find the Workflow to play, and say how it ended.

        Raises NoAnswer if it cannot run.
        """
        ...


class Mocked:
    """An Outside (``asw.engine.simulation``) that answers by mocks of states, then of Functions.

    Each Map item counts separately, so that a Map's second item gets the same sequence of answers
    as its first, however the two are interleaved.
    """

    def __init__(self, states: Table, functions: Table, real: RealFunctions) -> None:
        self._states = states
        self._functions = functions
        self._real = real
        self._used: dict[tuple[int, tuple[int, ...]], int] = {}
        self._starts: dict[tuple[str, tuple[int, ...]], int] = {}

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:
        """The answer of the first matching mock that is not used up. Raises NoAnswer."""
        line = tuple(item.index for item in items)
        starts = self._starts.get((command.state, line), 0) + 1
        self._starts[command.state, line] = starts
        mocks = self._mocks_of(command)
        if mocks is None:
            if is_nested(command.invocation) and not command.invocation.name.endswith(CALLBACK):
                return Answer(end=self._real.call(command))
            raise _missing(command)
        for mock in mocks:
            if _is_for(mock, command, items) and self._use(mock, line):
                return self._done(mock, command)
        raise _used_up(command, starts, items)

    def _mocks_of(self, command: StartTask) -> Sequence[Mock] | None:
        by_state = self._states.get(command.state)
        if by_state is not None:
            return by_state
        called = command.invocation
        by_name = self._functions.get(called.name)
        if by_name is None and isinstance(called, ServiceInvocation):
            return self._functions.get(called.request)
        is_any = by_name is None and isinstance(called, FunctionInvocation)
        return self._functions.get(ANY_FUNCTION) if is_any else by_name

    def _use(self, mock: Mock, line: tuple[int, ...]) -> bool:
        """Count one use of the mock; whether one was left."""
        if mock.times == "always":
            return True
        used = self._used.get((id(mock), line), 0)
        self._used[id(mock), line] = used + 1
        return used < (mock.times or 1)

    def _done(self, mock: Mock, command: StartTask) -> Answer:
        end = None if mock.never else self._real.call(command) if mock.real else _end(mock)
        answer = Answer(end=end, seconds=mock.delay, heartbeats=mock.heartbeats)
        if not command.is_request:
            return answer
        if mock.real and isinstance(end, Returned):
            return replace(answer, end=None, submission=end.output)
        return replace(answer, submission=_submission(mock))


def _end(mock: Mock) -> End:
    if mock.error is not None:
        is_text = mock.cause is None or isinstance(mock.cause, str)
        return Raised(mock.error, mock.cause if is_text else to_text(mock.cause))
    if mock.lost is not None:
        return Lost(mock.lost)
    return Returned(mock.result)


def _submission(mock: Mock) -> Json:
    """What a call that asks for work is answered; ABSENT if the call itself fails."""
    is_done = mock.never or "result" in mock.model_fields_set
    if "submitted" in mock.model_fields_set or not is_done:
        return mock.submitted if "submitted" in mock.model_fields_set else ABSENT
    return {}


def _is_for(mock: Mock, command: StartTask, items: tuple[MapItem, ...]) -> bool:
    when = mock.when
    if when is None:
        return True
    said = when.model_fields_set
    if {"index", "item"} & said and not items:
        return False
    if when.index is not None and items[0].index != when.index:
        return False
    if "item" in said and not _fits_in_part(when.item, items[0].value):
        return False
    return "input" not in said or _fits_in_part(when.input, command.payload)


def _fits_in_part(expected: Json, actual: Json) -> bool:
    return fits({"$subset": expected}, actual)


def _missing(command: StartTask) -> NoAnswer:
    called = command.invocation
    told = (
        t(
            "nothing says what the task of state {state} does (Function {function}): add a mock",
            state=command.state,
            function=called.name,
        )
        if isinstance(called, FunctionInvocation)
        else t(
            "nothing says what the task of state {state} does ({action}): add a mock",
            state=command.state,
            action=called.name,
        )
    )
    return NoAnswer(told, f"mocks:\n  {_key(command.state)}:\n    result: {{}}")


def _used_up(command: StartTask, starts: int, items: tuple[MapItem, ...]) -> NoAnswer:
    item = ", ".join(t("item {index} of {map}", index=it.index, map=it.state) for it in items)
    told = t(
        "no mock of state {state} is left for start {number}{item}, with the input {input}:"
        " add one, or write times: always",
        state=command.state,
        number=starts,
        item=f" ({item})" if item else "",
        input=to_text(command.payload)[:200],
    )
    return NoAnswer(told)


def _key(name: str) -> str:
    """The name as a YAML key."""
    is_plain = name.isidentifier() and name.lower() not in ("yes", "no", "on", "off", "null", "y")
    return name if is_plain and name not in ("true", "false", "n") else to_text(name)


class Overlay:
    """The objects of a case: reads the files of its folder, and keeps what is written in memory.

    An ``ObjectStore`` (``asw.engine.items``).
    """

    most_bytes = LARGEST_OBJECT

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = FileStore(folder)
        self._written: dict[tuple[str, str], bytes] = {}

    def get(self, bucket: str, key: str) -> bytes:
        """The written object, else the file. Raises NoSuchObject."""
        written = self._written.get((bucket, key))
        return self._files.get(bucket, key) if written is None else written

    def list(self, bucket: str, prefix: str) -> Sequence[Listed]:
        """Written objects and files together. Raises NoSuchObject."""
        written = {
            key: _listed(key, body)
            for (of, key), body in self._written.items()
            if of == bucket and key.startswith(prefix)
        }
        files = {
            it.key: replace(it, last_modified=MODIFIED_AT) for it in self._of_files(bucket, prefix)
        }
        return [it for _, it in sorted({**files, **written}.items())]

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Keep the object; this creates a bucket without a folder."""
        self._written[bucket, key] = body

    def _of_files(self, bucket: str, prefix: str) -> Sequence[Listed]:
        try:
            return self._files.list(bucket, prefix)
        except NoSuchObject:
            if any(of == bucket for of, _ in self._written):
                return ()
            raise


def _listed(key: str, body: bytes) -> Listed:
    digest = md5(body, usedforsecurity=False).hexdigest()
    return Listed(key=key, size=len(body), etag=f'"{digest}"', last_modified=MODIFIED_AT)
