"""Ports that are taken are the user's to free."""

import contextlib
from collections.abc import Iterator

from asw.exits import BAD_INPUT
from asw.failures import Failure
from asw.messages import t


@contextlib.contextmanager
def listening(port: int, variable: str) -> Iterator[None]:
    """Begin to listen inside. Raises Failure if the port is taken: no fault of asw itself."""
    try:
        yield
    except OSError as error:
        raise Failure(
            t("cannot listen on port {port}: {reason}", port=port, reason=error.strerror or error),
            remedy=t(
                "set {variable} to another port; ss -ltnp shows who uses this one",
                variable=variable,
            ),
            code=BAD_INPUT,
        ) from error
