"""Ports that the operator listens on: that another process has one is no fault of asw itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from asw.exits import BAD_INPUT
from asw.failures import Failure
from asw.messages import t


@contextmanager
def listening(port: int, variable: str) -> Iterator[None]:
    """Begin to listen inside. Raises Failure where the port cannot be had."""
    try:
        yield
    except OSError as error:
        raise Failure(
            t("cannot listen on port {port}: {reason}", port=port, reason=error.strerror or error),
            remedy=t("set {variable} to another one; ss -ltnp shows who has it", variable=variable),
            code=BAD_INPUT,
        ) from error
