"""A client of ``asw serve`` in the library of Python alone: it runs in pods, and in tests here."""

import json
import ssl
import urllib.error
import urllib.request
from typing import Any


def main_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Post ``said`` to ``path``; the status and the object of the answer."""
    context = ssl.create_default_context(cadata=event.get("ca"))
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    request = urllib.request.Request(
        event["address"] + event["path"],
        json.dumps(event["said"]).encode(),
        {"Content-Type": "application/json", **event.get("headers", {})},
    )
    try:
        with urllib.request.urlopen(request, context=context, timeout=75) as answer:
            return {"status": answer.status, "body": json.load(answer)}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "body": json.load(error)}
