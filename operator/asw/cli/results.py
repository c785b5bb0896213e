"""Standard streams on a full disk: results may not get lost without a word, remarks may."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asw.exits import LOST_OUTPUT
from asw.failures import Failure
from asw.messages import t


class Results:
    """Stands before a stream. What cannot be written raises Failure, whoever writes it.

    Once that was told, what is still held back of it is dropped: nothing is left to say at exit.
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
        """See ``io``. Raises Failure."""
        with self._telling():
            return self._stream.write(text)

    def flush(self) -> None:
        """See ``io``. Raises Failure."""
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
                t("standard output cannot be written: {reason}", reason=error.strerror),
                remedy=t("make room where it goes; what was asked for may have been done already"),
                code=LOST_OUTPUT,
            ) from error


class Remarks:
    """Stands before standard error. What cannot be written there is dropped.

    Nobody could be told of it, and the exit code says what became of everything else.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """See ``io``."""
        with _dropping():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """See ``io``."""
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
