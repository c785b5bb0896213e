"""Who reads the archive, by tokens and roles that a real API server knows.

The archive is a file of the test's own, and ``asw serve`` its application in this process.
"""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest

from asw.executions.cluster.connecting import find_place, reach
from asw.executions.target import Target
from asw.exits import NO_CLUSTER
from asw.serve.reviews import asking
from tests.support.archives import a_row, an_archive, archive_door
from tests.support.cluster import Cluster
from tests.support.typed import shell_environment, typed

pytestmark = pytest.mark.cluster

EXECUTIONS = "executions.asw.dev"
ELSEWHERE = "kube-system"
"""A namespace in which nobody here has a role."""


@pytest.fixture
def accounts(cluster: Cluster, namespace: str, tmp_path: Path) -> Any:
    """Files with tokens: one lists and gets, two gets one run, three has a role everywhere."""
    where = f"--namespace={namespace}"
    everywhere = f"asw-test-{uuid.uuid4().hex[:8]}"
    roles = {
        "one": ("role", "one", where, "--verb=list,get"),
        "two": ("role", "two", where, "--verb=get", "--resource-name=run-u1"),
        "three": ("clusterrole", everywhere, "--verb=list,get"),
    }
    for name, (kind, role, *words) in roles.items():
        cluster.kubectl("create", "serviceaccount", name, where)
        cluster.kubectl("create", kind, role, *words, f"--resource={EXECUTIONS}")
        scope = [where] if kind == "role" else []
        account = f"--serviceaccount={namespace}:{name}"
        cluster.kubectl("create", f"{kind}binding", role, *scope, f"--{kind}={role}", account)
        token = cluster.kubectl("create", "token", name, where).stdout
        (tmp_path / name).write_text(token)
    yield tmp_path
    cluster.kubectl("delete", "clusterrolebinding,clusterrole", everywhere)


async def test_a_role_opens_the_archive_of_its_namespace(
    cluster: Cluster, namespace: str, accounts: Path
) -> None:
    """What RBAC allows is read, in one namespace or in all; nothing of another, by no way."""
    store = an_archive(
        accounts,
        (a_row("u1", namespace=namespace), b"not opened here"),
        (a_row("u2", namespace=namespace), b""),
        (a_row("b1", namespace=ELSEWHERE), b""),
    )
    target = Target(kubeconfig=cluster.kubeconfig)
    ask = asking(reach(target, find_place(target)))
    async with archive_door(store, ask=ask) as door:

        async def listed(name: str, *words: str) -> tuple[int, list[str]]:
            more = {
                "KUBECONFIG": str(cluster.kubeconfig),
                "ASW_SERVER": door.url,
                "ASW_TOKEN_FILE": str(accounts / name),
            }
            environment = shell_environment(accounts / "bin", more)
            command = " ".join(("asw list --archived -o name", *words))
            done = await asyncio.to_thread(typed, command, accounts, environment)
            return done.returncode, [it.rpartition("/")[2] for it in done.stdout.splitlines()]

        async def bundle(who: str, **said: Any) -> int:
            token = (accounts / who).read_text()
            return (await door.ask("bundle", token, **{"namespace": namespace, **said}))[0]

        here = f"-n {namespace}"
        assert await listed("one", here) == (0, ["run-u2", "run-u1"])
        assert await listed("two", here) == (NO_CLUSTER, [])
        assert (await listed("three", "-A"))[1] == ["run-u2", "run-u1", "run-b1"]
        for way in ("-A", f"-n {ELSEWHERE}"):
            assert await listed("one", way) == (NO_CLUSTER, [])
        assert (await bundle("one", uid="u1"), await bundle("two", name="run-u1")) == (200, 200)
        assert (await bundle("two", uid="u1"), await bundle("two", name="run-u2")) == (403, 403)
        assert await bundle("one", uid="b1") == 404
        assert await bundle("one", namespace=ELSEWHERE, uid="b1") == 403
        assert (await door.ask("search", "forged", namespace=namespace))[0] == 401
