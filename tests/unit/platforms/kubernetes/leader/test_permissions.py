"""What the package asks of the API server is what PERMISSIONS lists."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from asw.platforms import kubernetes
from asw.platforms.kubernetes.client import resources
from asw.platforms.kubernetes.leader.permissions import PERMISSIONS

PACKAGE = Path(kubernetes.__file__).parent
VERBS = {
    "get": ["get"],
    "list": ["list"],
    "create": ["create"],
    "delete": ["delete"],
    "patch_status": ["patch"],
    "replace_status": ["update"],
    "merge": ["patch"],
    "ensure": ["create", "get"],
}
LISTED = {
    (each.group, resource, verb)
    for each in PERMISSIONS
    for resource in each.resources
    for verb in each.verbs
}


def requests() -> Iterator[tuple[str, str, str]]:
    """Every request of the sources that names its resource outright, as a permission."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from _permissions(node)


def _permissions(call: ast.Call) -> Iterator[tuple[str, str, str]]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    for argument in call.args[:2]:
        found = getattr(resources, getattr(argument, "id", ""), None)
        if isinstance(found, resources.Resource):
            suffix = "/status" if name.endswith("_status") else ""
            for verb in VERBS.get(name, ()):
                yield found.group, found.plural + suffix, verb


REQUESTS = sorted(set(requests()))


def test_requests_are_found():
    """The sources are read: an empty list would permit everything."""
    assert ("batch", "jobs", "create") in REQUESTS


@pytest.mark.parametrize("request_", REQUESTS, ids=" ".join)
def test_a_request_is_permitted(request_):
    """No request that the operator makes is refused for want of a permission."""
    assert request_ in LISTED
