"""The data of Secrets, which is bytes in base64."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from asw.platforms.kubernetes.client.errors import Damaged


def data_of(secret: Mapping[str, Any], needed: Sequence[str], fix: str) -> Mapping[str, bytes]:
    """The bytes of each key. Raises Damaged with ``fix`` as its remedy."""
    name = secret.get("metadata", {}).get("name", "")
    try:
        data = {it: base64.b64decode(value) for it, value in (secret.get("data") or {}).items()}
    except ValueError as error:
        raise Damaged(f"Secret {name}: {error}; {fix}") from error
    if missing := [name for name in needed if name not in data]:
        raise Damaged(f"Secret {name} lacks {', '.join(missing)}; {fix}")
    return data


def encoded(data: Mapping[str, bytes]) -> Mapping[str, str]:
    """The bytes as a Secret has them."""
    return {name: base64.b64encode(value).decode() for name, value in data.items()}
