"""What ``asw operator`` does: finds the cluster, asks, and runs the operator."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from asw.cli.acting.confirming import is_answered_yes, is_somebody_there
from asw.executions.cluster.connecting import find_place, reach
from asw.executions.target import Target
from asw.exits import ALL_WELL, BAD_INPUT, NO_CLUSTER, NOT_SUCCEEDED
from asw.failures import Failure, some_of
from asw.messages import t
from asw.operator.settings import InvalidSettings, OperatorSettings
from asw.platforms.kubernetes.client.connection import (
    USER_AGENT,
    Connection,
    NoConnection,
    connect,
    is_in_cluster,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorOptions:
    """What was typed; ``namespaces`` empty is all that the environment says."""

    namespaces: tuple[str, ...] = ()
    context: str | None = None
    kubeconfig: Path | None = None
    is_yes: bool = False


def start(options: OperatorOptions, environ: Mapping[str, str] = os.environ) -> int:
    """Run until told to stop; the exit code. Raises Failure."""
    settings = _settings(options, environ)
    is_named = options.context is not None or options.kubeconfig is not None
    if is_in_cluster(environ) and not is_named:
        return _run(settings, _of_this_pod())
    target = Target(context=options.context, kubeconfig=options.kubeconfig)
    place = find_place(target, environ)
    connection = replace(reach(target, place), user_agent=USER_AGENT)
    if "POD_NAMESPACE" not in environ:
        own = settings.watch_namespaces[:1] or (place.namespace,)
        settings = replace(settings, namespace=own[0])
    where = _where(settings.watch_namespaces)
    words = {"context": place, "server": connection.server, "where": where}
    if not options.is_yes and not _is_wanted(words):
        return NOT_SUCCEEDED
    click.echo(t("acting on context {context} ({server}): {where}", **words), err=True)
    return _run(settings, connection)


def _run(settings: OperatorSettings, connection: Connection) -> int:
    # Loads kopf, which takes longer than all else: help, completion and refusals need none of it.
    from asw.operator.operator import run  # noqa: PLC0415

    run(settings, connection)
    return ALL_WELL


def _settings(options: OperatorOptions, environ: Mapping[str, str]) -> OperatorSettings:
    try:
        settings = OperatorSettings.from_environment(environ)
    except InvalidSettings as error:
        remedy = t("the chart sets it; docs/reference/operations.md says what it means")
        raise Failure(str(error), remedy=remedy, code=BAD_INPUT) from error
    if options.namespaces:
        settings = replace(settings, watch_namespaces=tuple(dict.fromkeys(options.namespaces)))
    return settings


def _of_this_pod() -> Connection:
    try:
        return connect()
    except NoConnection as error:
        raise Failure(
            t("cannot find out how to reach the cluster of this pod: {fault}", fault=error),
            remedy=t("check that the token of its service account is mounted"),
            code=NO_CLUSTER,
        ) from error


def _where(namespaces: tuple[str, ...]) -> str:
    if not namespaces:
        return t("all namespaces")
    return t("namespaces {names}", names=some_of(namespaces))


def _is_wanted(words: Mapping[str, object]) -> bool:
    """Whether its user says so. Raises Failure where nobody is there to be asked."""
    if is_somebody_there():
        return is_answered_yes(
            t("Run the operator on context {context} ({server}), for {where}?", **words)
        )
    raise Failure(
        t(
            "asw operator asks before it acts from outside the cluster, and there is no "
            "terminal to ask on"
        ),
        remedy=t("add --yes to act on context {context} ({server}), for {where}", **words),
    )
