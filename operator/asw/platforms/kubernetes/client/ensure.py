"""Create an object whose name carries owner and content, or adopt an existing one.

Only an object with our owner and the same content is adopted. An object of the same name that
somebody else made is never taken for our own.
"""

from collections.abc import Mapping
from typing import Any

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import AlreadyExists
from asw.platforms.kubernetes.client.objects import controller_uid
from asw.platforms.kubernetes.client.resources import Resource
from asw.reconciler.platform import Refused


async def ensure(
    client: KubeClient, resource: Resource, namespace: str, manifest: Mapping[str, Any]
) -> None:
    """Make the object exist. Raises Refused if somebody else's object has its name."""
    try:
        await client.create(resource, namespace, manifest)
    except AlreadyExists:
        name = manifest["metadata"]["name"]
        there = await client.get(resource, namespace, name)
        is_ours = controller_uid(there) == controller_uid(manifest)
        if not is_ours or there.get("data") != manifest["data"]:
            raise Refused(
                f"{resource.kind} {namespace}/{name} was made by somebody else; delete it"
            ) from None
