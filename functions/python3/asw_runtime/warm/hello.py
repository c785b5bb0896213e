"""Says that the parent is there, and hears which tasks are to be ended."""

from __future__ import annotations

from .. import streams
from ..outcomes import dump
from .line import Interrupted, Line, Pauses
from .once import Once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .line import Addresses
    from .shared import Shared

ANSWER_SECONDS = 40.0
"""The operator answers within 25 s."""
_DRAINING_PAUSE = 0.2
"""Between two of the last words, which may be answered at once."""


class Hello:
    """The line that is always open, on a thread of its own."""

    def __init__(
        self, shared: Shared, addresses: Addresses, slots: int, cancel: Callable[[str], None]
    ) -> None:
        self._shared = shared
        self._line = Line(addresses)
        self._slots = slots
        self._cancel = cancel
        self._is_known = Once()
        self._is_parted = Once()
        addresses.on_move = self._line.interrupt

    def start(self) -> None:
        """Say hello for as long as we live."""
        self._shared.begin(self._run)

    def wait(self) -> None:
        """Wait until the operator knows us, or there is no need to."""
        self._is_known.wait()

    def part(self) -> None:
        """Say at once that we drain."""
        self._line.interrupt()
        self._is_known.set()

    def has_parted(self, seconds: float) -> bool:
        """Whether the operator knows that we drain, waiting so long for it."""
        return self._is_parted.wait(seconds)

    def _run(self) -> None:
        pauses = Pauses()
        while True:
            self._line.arm()
            holds, is_draining = self._shared.ledger.told()
            body = {
                **self._shared.identity,
                "name": self._shared.settings.pod_name,
                "slots": self._slots,
                "startedAt": self._shared.started_at,
                "holds": holds,
                "draining": is_draining,
            }
            retry_after = 0.0
            try:
                answer = self._line.post("/v1/warm/hello", dump(body), ANSWER_SECONDS)
            except Interrupted:
                continue
            except OSError as error:
                streams.note(f"asw: the operator does not answer: {error}")
            else:
                if answer.status == 200:
                    pauses = Pauses()
                    self._heard(answer.content.get("cancel"), is_draining=is_draining)
                    continue
                self._shared.judge(answer.status)
                retry_after = answer.retry_after
            self._shared.ledger.pause(pauses.take(retry_after))

    def _heard(self, cancelled: object, *, is_draining: bool) -> None:
        self._is_known.set()
        if is_draining:
            self._is_parted.set()
        for task_id in cancelled if isinstance(cancelled, list) else []:
            self._cancel(str(task_id))
        if is_draining:
            self._shared.ledger.pause(_DRAINING_PAUSE)
