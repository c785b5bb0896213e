"""The few questions that this package asks of the cluster's API server."""

import http.client
import json
import ssl
from typing import Any

from dev.cluster.settings import API_PORT, NAME, NODE_ADDRESS, Settings


def get(path: str, settings: Settings, *, timeout: float = 10) -> Any:
    """Ask as administrator: JSON or, where the answer is none, its text. OSError on failure."""
    pki = settings.certificates
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
    connection = http.client.HTTPSConnection(
        NODE_ADDRESS, API_PORT, context=context, timeout=timeout
    )
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        body = answer.read().decode()
    except http.client.HTTPException as error:
        raise OSError(f"no answer to {path}") from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise OSError(f"{path}: {answer.status}")
    try:
        return json.loads(body)
    except ValueError:
        return body


def is_serving(settings: Settings) -> bool:
    """Whether the API server calls itself ready."""
    try:
        get("/readyz", settings)
    except OSError:
        return False
    return True


def is_node_ready(settings: Settings) -> bool:
    """Whether pods would start: the node is ready and untainted, the default account exists."""
    try:
        node = get(f"/api/v1/nodes/{NAME}", settings)
        get("/api/v1/namespaces/default/serviceaccounts/default", settings)
    except OSError:
        return False
    return not node["spec"].get("taints") and any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in node["status"].get("conditions", [])
    )
