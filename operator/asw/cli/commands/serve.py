"""``asw serve``: arguments only; the chart runs it in a pod of its own."""

import os
import sys

import click

from asw.cli.command import Command
from asw.exits import ALL_WELL, BAD_INPUT, NO_CLUSTER
from asw.failures import Failure
from asw.messages import t


@click.command(cls=Command)
def command() -> None:
    """Take reports on callbacks over HTTP, in a cluster.

    The chart runs it beside the operator (serve.enabled); settings come from the environment.
    Whoever has the token of a Task that waits reports by POST /v1/callbacks/success, failure or
    heartbeat. It hands reports to the operator and answers 200 once they are saved; it writes
    nothing itself, and reads one Secret.

    Exit code 2: a setting makes no sense, or a port is taken. Exit code 3: it runs in no cluster.
    """
    from asw.operator.settings import InvalidSettings  # noqa: PLC0415 -- help needs none of it
    from asw.platforms.kubernetes.client.connection import (  # noqa: PLC0415
        NoConnection,
        connect,
        is_in_cluster,
    )
    from asw.serve.running import run  # noqa: PLC0415
    from asw.serve.settings import ServeSettings  # noqa: PLC0415

    remedy = t("install the chart with serve.enabled: it runs asw serve in a pod")
    if not is_in_cluster(os.environ):
        raise Failure(t("asw serve runs in a pod"), remedy=remedy, code=NO_CLUSTER)
    try:
        settings, connection = ServeSettings.from_environment(), connect()
    except NoConnection as error:
        raise Failure(str(error), remedy=remedy, code=NO_CLUSTER) from error
    except InvalidSettings as error:
        raise Failure(str(error), remedy=remedy, code=BAD_INPUT) from error
    try:
        run(settings, connection)
    except OSError as error:
        raise Failure(
            t("cannot serve: {reason}", reason=error.strerror or error),
            remedy=t("set ASW_SERVE_PORT and ASW_HEALTH_PORT to ports that nobody uses"),
            code=BAD_INPUT,
        ) from error
    sys.exit(ALL_WELL)
