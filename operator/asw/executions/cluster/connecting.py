"""Which cluster is meant, and how to reach it. Whatever goes wrong there is a Failure."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from asw import __version__
from asw.executions.target import Target
from asw.exits import NO_CLUSTER
from asw.failures import Failure, nearest
from asw.messages import t
from asw.platforms.kubernetes.client.connection import Connection, NoConnection, connect
from asw.platforms.kubernetes.client.credentials import connection_of
from asw.platforms.kubernetes.client.kubeconfig import (
    Kubeconfig,
    UnreadableKubeconfig,
    kubeconfig_files,
    read_kubeconfig,
)

DEFAULT_NAMESPACE = "default"
USER_AGENT = f"asw/{__version__}"
_NAMESPACE = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
"""Kubernetes: a namespace is a DNS label, because it is part of addresses."""
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its account's token, and its namespace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterContext:
    """A cluster as its user knows it; ``context`` is None in a pod."""

    context: str | None
    namespace: str
    server: str = ""

    def __str__(self) -> str:
        return self.context or t("the cluster of this pod")


def find_place(target: Target, environ: Mapping[str, str] = os.environ) -> ClusterContext:
    """The context and namespace that are meant. Raises Failure."""
    place = _named(target, environ)
    if not re.fullmatch(_NAMESPACE, place.namespace):
        raise Failure(
            t("{namespace!r} is not a valid namespace name", namespace=place.namespace),
            remedy=t("name one with -n; kubectl get namespaces lists them"),
            code=NO_CLUSTER,
        )
    return place


def _named(target: Target, environ: Mapping[str, str]) -> ClusterContext:
    config = _kubeconfig(target, environ)
    if not config.contexts and _is_in_pod(target, environ):
        return ClusterContext(context=None, namespace=target.namespace or _own_namespace())
    name = target.context or config.current
    if not config.contexts or name is None:
        raise _no_context(config)
    if name not in config.contexts:
        raise Failure(
            t("no context {name!r} in the kubeconfig", name=name),
            remedy=nearest(name, config.contexts)
            or t("available: {names}", names=", ".join(config.contexts)),
            code=NO_CLUSTER,
        )
    own = config.contexts[name].part.get("namespace")
    return ClusterContext(context=name, namespace=target.namespace or own or DEFAULT_NAMESPACE)


def reach(target: Target, place: ClusterContext) -> Connection:
    """How to reach the place. Raises Failure."""
    try:
        if place.context is None:
            found = connect()
        else:
            found = connection_of(_kubeconfig(target, os.environ), place.context)
    except NoConnection as error:
        raise Failure(
            t("cannot find out how to reach {place}: {fault}", place=place, fault=error),
            remedy=t("check whether kubectl cluster-info can"),
            code=NO_CLUSTER,
        ) from error
    return replace(found, user_agent=USER_AGENT)


def _kubeconfig(target: Target, environ: Mapping[str, str]) -> Kubeconfig:
    try:
        return read_kubeconfig(kubeconfig_files(target.kubeconfig, environ))
    except UnreadableKubeconfig as error:
        raise Failure(
            t("cannot read the kubeconfig: {fault}", fault=error),
            remedy=t("fix it, or name another one with --kubeconfig"),
            code=NO_CLUSTER,
        ) from error


def _no_context(config: Kubeconfig) -> Failure:
    remedy = t("name a context with --context, or use this machine's store with --local")
    if config.contexts:
        message = t("the kubeconfig has no current context")
        return Failure(message, remedy=remedy, code=NO_CLUSTER)
    return Failure(
        t("no cluster: no kubeconfig was found"),
        remedy=t(
            "name one with --kubeconfig or in KUBECONFIG, or use this machine's store with --local"
        ),
        code=NO_CLUSTER,
    )


def _is_in_pod(target: Target, environ: Mapping[str, str]) -> bool:
    is_named = target.kubeconfig is not None or target.context is not None
    return not is_named and "KUBERNETES_SERVICE_HOST" in environ


def _own_namespace() -> str:
    try:
        return (ACCOUNT / "namespace").read_text().strip()
    except OSError:
        return DEFAULT_NAMESPACE
