"""Clusters that executions on this machine call: contexts of the user's kubeconfig."""

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # most runs call no cluster
    from asw.connector.kubernetes.access import ClusterAccess


def cluster_of(context: str) -> "ClusterAccess":
    """How the context's cluster is reached, as its user. Raises NoCluster.

    This may run a plugin of the kubeconfig.
    """
    from asw.connector.kubernetes.access import ClusterAccess, NoCluster  # noqa: PLC0415
    from asw.platforms.kubernetes.client.connection import NoConnection  # noqa: PLC0415
    from asw.platforms.kubernetes.client.credentials import connection_of  # noqa: PLC0415
    from asw.platforms.kubernetes.client.kubeconfig import (  # noqa: PLC0415
        UnreadableKubeconfig,
        kubeconfig_files,
        read_kubeconfig,
    )

    one_at_a_time = Lock()

    def authorization() -> str | None:
        try:
            with one_at_a_time:  # threads ask, and a plugin is to run once
                return found.authorization()
        except NoConnection as error:
            raise NoCluster(str(error)) from error

    try:
        config = read_kubeconfig(kubeconfig_files(None))
        if context not in config.contexts:
            raise NoCluster("the kubeconfig has no such context: see kubectl config get-contexts")
        found = connection_of(config, context)
    except (UnreadableKubeconfig, NoConnection) as error:
        raise NoCluster(str(error)) from error
    return ClusterAccess(
        name=context,
        server=found.server,
        tls=found.tls,
        authorization=authorization,
        headers=found.headers,
        proxy=found.proxy,
        server_name=found.server_name,
        namespace=config.contexts[context].part.get("namespace") or "default",
    )
