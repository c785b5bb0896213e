"""Standard streams on a full disk: lost results are reported, lost remarks are not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asw.exits import LOST_OUTPUT
from asw.failures import Failure
from asw.messages import t


class Results:
    """Wraps a stream. What cannot be written raises Failure, whoever writes it.

    After that the rest is dropped: there is nothing left to report at exit.
    """

    def __init__(self, stream: Any, whole: "Results | None" = None) -> None:
        self._stream = stream
        self._whole = whole or self
        self.is_lost = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def buffer(self) -> "Results":
        """For bytes."""
        return Results(self._stream.buffer, self)

    def write(self, text: Any) -> Any:
        """Write text, or bytes. Raises Failure."""
        with self._telling():
            return self._stream.write(text)

    def flush(self) -> None:
        """Hand over what is held back. Raises Failure."""
        if not self._whole.is_lost:
            with self._telling():
                self._stream.flush()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise  # whoever read has seen enough
        except OSError as error:
            self._whole.is_lost = True
            raise Failure(
                t("cannot write to standard output: {reason}", reason=error.strerror),
                remedy=t(
                    "free some space where it goes; what was asked for may have been done already"
                ),
                code=LOST_OUTPUT,
            ) from error


class Remarks:
    """Wraps standard error. What cannot be written there is dropped.

    Nobody could read a report of it, and the exit code says what became of the rest.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write it, or drop it; the length is that of a text that was written."""
        with _dropping():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand over what is held back, or drop it."""
        with _dropping():
            self._stream.flush()


@contextmanager
def _dropping() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read has seen enough
    except OSError:
        pass
