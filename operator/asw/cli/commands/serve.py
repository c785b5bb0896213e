"""``asw serve``: arguments only; the chart runs it in a pod of its own."""

import os
import sys
from pathlib import Path

import click

from asw.cli.command import Command, Example
from asw.executions.target import DEFAULT_DATA
from asw.exits import ALL_WELL, BAD_INPUT, NO_CLUSTER
from asw.failures import Failure
from asw.messages import t

_EXAMPLES = (
    Example(
        command="asw serve --local",
        does="Take reports for executions of this machine, on http://127.0.0.1:8700.",
        where="endless",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.option(
    "--local",
    "is_local",
    is_flag=True,
    envvar="ASW_LOCAL",
    help="Serve executions of this machine instead of a cluster's.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of this machine's store, by default .asw; implies --local.",
)
@click.option("--host", help="With --local: address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="With --local: port to listen on; 0 takes a free one.  [default: 8700]",
)
@click.option(
    "--tls",
    type=click.Path(path_type=Path),
    help="With --local: folder with tls.crt and tls.key; other addresses than loopback need it.",
)
def command(
    *, is_local: bool, data: Path | None, host: str | None, port: int | None, tls: Path | None
) -> None:
    """Take reports on callbacks, and polls of workers, over HTTP.

    Whoever has the token of a Task that waits reports by POST /v1/callbacks/success, failure or
    heartbeat; workers of activities poll by POST /v1/activities/poll. 200 means saved.

    In a cluster the chart runs it beside the operator (serve.enabled); settings come from the
    environment. It hands reports to the operator; it writes nothing itself, and reads one Secret.
    With ASW_ARCHIVE_URL it reads the archive, too, for whoever may list and get executions.

    With --local the same routes lead to the store of this machine, for executions of asw run. A
    request needs the key in the file serve-key of the folder, as Bearer, or first in the path:
    ASW_SERVER=http://127.0.0.1:8700/KEY. It runs until Ctrl-C or SIGTERM, and then answers all
    workers that wait.

    Exit code 2: a setting makes no sense, or a port is taken. Exit code 3: it runs in no cluster.
    """
    if is_local or data is not None:
        from asw.cli.serving import Listening, serve_here  # noqa: PLC0415 -- help needs none of it

        serve_here(data or DEFAULT_DATA, Listening(host=host, port=port, tls=tls))
        sys.exit(ALL_WELL)
    for name, value in (("host", host), ("port", port), ("tls", tls)):
        if value is not None:
            raise Failure(
                t("--{name} goes with --local only", name=name),
                remedy=t("the chart sets where asw serve listens in a cluster"),
                code=BAD_INPUT,
            )
    _serve_a_cluster()
    sys.exit(ALL_WELL)


def _serve_a_cluster() -> None:
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
        raise Failure(
            t("asw serve runs in a pod, or with --local on one machine"),
            remedy=remedy,
            code=NO_CLUSTER,
        )
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
