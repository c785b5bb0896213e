"""What the two modes ask of a kind of function."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from .invocation import Invocation
    from .outcomes import Outcome

    class Function(Protocol):
        """User code that takes an event and yields an outcome, again and again."""

        def prepare(self, invocation: Invocation) -> None:
            """Load the code, so that the first event finds it warm; failures wait for ``run``."""

        def run(self, invocation: Invocation, event: str) -> Outcome:
            """Run the code once; whatever it does, an outcome comes back."""

        def interrupt(self) -> bool:
            """The process shall end: whether ``run`` will return soon, else it is ended at once.

            Called by a signal handler, while ``run`` is at work or not.
            """

        def abandon(self) -> None:
            """The process ends now: end what the function has started. Called by any thread."""
