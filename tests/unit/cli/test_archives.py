"""Verbs that look, before a cluster whose execution is archived and then deleted."""

import asyncio
import builtins
import json
import sqlite3
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from asw.archive.rows import row_of
from asw.cli.main import main
from asw.executions.bundles.contents import from_bytes, to_bytes
from asw.executions.bundles.gathering import ExportOptions, gather_bundle
from asw.executions.cluster.access import Access
from asw.executions.cluster.connecting import ClusterContext
from asw.executions.cluster.runs import ClusterRuns
from asw.executions.patience import Patience
from asw.executions.port import LogLine, LogOptions
from asw.executions.tails import KeptLog, beside
from asw.exits import BAD_INPUT, NO_CLUSTER, NOT_FOUND
from tests.support.archives import a_row, a_tail, an_archive, archive_door
from tests.support.kube_api import collection
from tests.support.kube_objects import KEY, UID
from tests.support.kube_world import PATHS, KubeWorld
from tests.unit.platforms.kubernetes.test_approvals import over, say, waiting

OURS = f"{PATHS['execution']}/{KEY.name}"
KEPT = KeptLog(state="Add", attempt=0, number=1, child="", is_cut=False, lost="", text="")
SERVICES = collection("v1", "asw-system", "services")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A cluster with an execution that failed, and its archive."""

    world: KubeWorld
    folder: Path
    server: str

    async def asw(self, *words: str, **environ: str | None) -> Any:
        """What the command prints, and how it ends; it works in a loop of its own."""
        known = {
            "KUBECONFIG": str(self.folder / "config"),
            "ASW_SERVER": self.server,
            "ASW_ARCHIVE_URL": None,
            "ASW_LOCAL": None,
        }
        runner = CliRunner(env={**known, **environ})
        return await asyncio.to_thread(runner.invoke, main, words, catch_exceptions=False)

    def delete(self) -> None:
        """As retention does: the Execution and all that belonged to it."""
        self.world.api.remove(OURS)
        for path, item in list(self.world.api.objects.items()):
            owners = item["metadata"].get("ownerReferences", ())
            if any(owner["uid"] == UID for owner in owners):
                self.world.api.remove(path)


async def archived(world):
    """The row and the bundle of the execution, as the operator makes them."""
    place = ClusterContext(context="here", namespace="shop")
    runs = ClusterRuns(Access(world.client, place, Patience("it")))
    run = await runs.get(KEY.name)
    bundle = await gather_bundle(runs, run, ExportOptions(has_code=False))
    return row_of(run, run.spec.get("input")), to_bytes(bundle)


def write_kubeconfig(folder, server, user):
    """One with a context here, in namespace shop."""
    config = {
        "current-context": "here",
        "contexts": [
            {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}
        ],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user}],
    }
    (folder / "config").write_text(json.dumps(config))


@asynccontextmanager
async def installation(folder, *more, user=None):
    """An execution that somebody rejected: of shop, in the cluster and in the archive."""
    async with waiting() as world:
        await say(world, _1={"choice": "reject", "by": "ann"})
        await over(world)
        world.api.objects[OURS] |= {"apiVersion": "asw.dev/v1alpha1", "kind": "Execution"}
        world.api.objects["/api/v1/namespaces/shop"] = {"metadata": {"name": "shop"}}
        store = an_archive(folder, await archived(world), *more)
        write_kubeconfig(folder, world.api.url, user or {"token": "token-of-ann"})
        async with archive_door(store) as door:
            yield Installation(world=world, folder=folder, server=door.url)


LOOKING = (
    f"get {KEY.name}", f"get {KEY.name} -o wide", f"get {KEY.name} -o name",
    f"history {KEY.name} -o wide", f"history {KEY.name} -o json", f"history {KEY.name} -f",
    f"history {KEY.name} --state Ask", f"why {KEY.name}", f"why {KEY.name} -o json",
    f"graph {KEY.name}", f"graph execution/{KEY.name} -o json", f"replay {KEY.name}",
    f"replay {KEY.name} --list",
)  # fmt: skip


async def test_what_is_deleted_looks_as_it_did(tmp_path):
    """Every verb that looks prints the same before and after, with --archived and without."""
    async with installation(tmp_path) as at:
        before = {words: await at.asw(*words.split()) for words in LOOKING}
        for words, done in before.items():
            assert (done.exit_code, bool(done.stdout)) == (0, True), (words, done.stderr)
            alone = await at.asw(*words.split(), "--archived")
            assert (alone.exit_code, alone.stdout) == (0, done.stdout), words
        at.delete()
        for words, done in before.items():
            after = await at.asw(*words.split())
            assert (after.exit_code, after.stdout, after.stderr) == (0, done.stdout, done.stderr)


async def test_the_object_is_whole_but_for_what_the_engine_keeps(tmp_path):
    """-o json is what kubectl showed; what the history holds is not there twice."""
    async with installation(tmp_path) as at:
        before = json.loads((await at.asw("get", KEY.name, "-o", "json")).stdout)
        at.delete()
        after = json.loads((await at.asw("get", KEY.name, "-o", "json")).stdout)
        for name in ("record", "history", "historyChunks", "pages"):
            before["status"].pop(name, None)
        assert after == before


async def test_an_export_of_the_archive_is_the_export(tmp_path):
    """The file has the same run, history, record and definition."""
    async with installation(tmp_path) as at:
        live, gone = tmp_path / "live.asw.gz", tmp_path / "gone.asw.gz"
        assert (await at.asw("export", KEY.name, "--no-code", "-o", str(live))).exit_code == 0
        at.delete()
        assert (await at.asw("export", KEY.name, "--no-code", "-o", str(gone))).exit_code == 0
        first, second = (from_bytes(it.read_bytes(), "it") for it in (live, gone))
        assert second.main == first.main
        assert second.definition_text == first.definition_text
        told = await at.asw("why", str(gone))
        assert "Ask" in told.stdout


async def test_logs_are_those_that_were_kept(tmp_path):
    """As after the pods are gone: without lines it is said that there are none."""
    async with installation(tmp_path) as at:
        before = await at.asw("logs", KEY.name)
        at.delete()
        after = await at.asw("logs", KEY.name)
        assert (after.exit_code, after.stdout) == (0, "")
        assert after.stderr == before.stderr
        assert "printed nothing" in after.stderr


async def test_kept_lines_are_shown(tmp_path):
    """The archive has what tasks printed, if the bundle has it; its tail and times, too."""
    async with installation(tmp_path) as at:
        row, content = await archived(at.world)
        bundle = from_bytes(content, "it")
        lines = [
            LogLine("Ask", 0, text, 1, f"2026-01-01T12:00:0{at}Z") for at, text in enumerate("ab")
        ]
        main = replace(bundle.main, lines=tuple(lines))
        content = to_bytes(replace(bundle, main=main, has_logs=True))
        an_archive(tmp_path, (row, content)).close()
        at.delete()
        assert (await at.asw("logs", KEY.name)).stdout == "a\nb\n"
        assert (await at.asw("logs", KEY.name, "--tail", "1", "-f")).stdout == "b\n"
        timed = await at.asw("logs", KEY.name, "--timestamps", "--archived")
        assert timed.stdout.splitlines()[0] == "2026-01-01T12:00:00Z a"


async def test_logs_of_tasks_whose_pods_are_gone(tmp_path):
    """The same lines while the execution is there and after; what is not whole is said."""
    async with installation(tmp_path) as at:
        store = an_archive(tmp_path)
        lines = b"".join(b"2026-01-01T12:00:0%d.5Z line %d\n" % (n, n) for n in range(3))
        tails = [
            a_tail(1, UID, state="Ask", content=lines),
            a_tail(2, UID, state="Ask", content=lines, is_cut=True, attempt=1),
            a_tail(3, UID, state="Ask", content=b"", lost="late", attempt=2),
        ]
        store.tails.put(tails)
        store.close()
        before = await at.asw("logs", KEY.name)
        assert before.stdout.splitlines() == [f"line {n}" for n in (0, 1, 2)] * 2
        assert before.stderr.splitlines() == [
            "Ask (try 2): only the end of its log was kept",
            "Ask (try 3): its log is not kept: its node did not answer in time",
        ]
        at.delete()
        after = await at.asw("logs", KEY.name)
        assert (after.exit_code, after.stdout, after.stderr) == (0, before.stdout, before.stderr)
        last = await at.asw("logs", KEY.name, "--tail", "1", "--timestamps", "--archived")
        assert last.stdout.splitlines() == ["2026-01-01T12:00:02.5Z line 2"] * 2
        none = await at.asw("logs", KEY.name, "--since", "1h")
        assert none.stdout == ""


async def test_lines_of_pods_and_of_the_archive_are_in_order():
    """A task whose pod is there is not shown twice, wherever the gaps are."""

    async def pods():
        for number in (2, 4):
            yield LogLine("Add", 0, f"pod {number}", number)
        yield LogLine("Warm", 0, "warm", 1)

    async def kept():
        for number in (1, 2, 3, 5):
            yield replace(KEPT, number=number, text=f"2026-01-01T12:00:00Z kept {number}\n")

    told = [line.text async for line in beside(pods(), kept(), LogOptions(), print)]
    assert told == ["kept 1", "pod 2", "kept 3", "pod 4", "warm", "kept 5"]


@pytest.mark.parametrize(
    "text", ["no time", "2026-01-01 x", "0001-01-01T00:00:00+23:59 x", "\0 \n\n", ""], ids=repr
)
def test_what_somebody_printed_is_shown_whatever_it_is(text):
    """A beginning that is no time, or none that can be reckoned with, is text."""
    options = LogOptions(since=datetime(2026, 1, 1, tzinfo=UTC))
    lines = replace(KEPT, text=text).lines(options)
    assert "\n".join(line.text for line in lines) == text.removesuffix("\n")


async def test_a_uid_is_as_good_as_a_name(tmp_path):
    """Of several runs of a name the newest is shown; others by their uids."""
    async with installation(tmp_path) as at:
        at.delete()
        by_uid = await at.asw("history", UID)
        assert by_uid.stdout == (await at.asw("history", KEY.name, "--archived")).stdout


async def test_what_is_nowhere_is_not_found(tmp_path):
    """With an archive or without one the cluster's own words are said."""
    async with installation(tmp_path) as at:
        for verb in ("get", "history", "why", "graph", "replay", "export", "logs"):
            asked = await at.asw(verb, "nowhere")
            before = await at.asw(verb, "nowhere", ASW_SERVER="http://127.0.0.1:1")
            assert (asked.exit_code, before.exit_code) == (NOT_FOUND, NOT_FOUND)
            assert asked.stderr == before.stderr
            alone = await at.asw(verb, "nowhere", "--archived")
            assert alone.exit_code == NOT_FOUND
            assert "of namespace shop in the archive" in alone.stderr


@pytest.mark.parametrize(
    ("has_service", "user"),
    [(False, {"token": "t"}), (True, {"token": "t"}), (True, {"username": "a", "password": "b"})],
    ids=["no asw serve", "no archive", "no token"],
)
async def test_an_installation_without_an_archive_is_as_it_was(tmp_path, has_service, user):
    """The same refusal; with --archived it is said that there is none, and nothing else."""
    async with installation(tmp_path, user=user) as at:
        at.delete()
        if has_service:
            label = {"app.kubernetes.io/part-of": "asw", "app.kubernetes.io/component": "serve"}
            at.world.api.put(SERVICES, {"metadata": {"name": "asw-serve", "labels": label}})
        done = await at.asw("why", KEY.name, ASW_SERVER=None)
        assert done.exit_code == NOT_FOUND
        assert f"no Execution '{KEY.name}' in namespace shop" in done.stderr
        alone = await at.asw("why", KEY.name, "--archived", ASW_SERVER=None)
        assert alone.exit_code in (NO_CLUSTER, BAD_INPUT)


async def test_what_is_found_costs_no_more(tmp_path):
    """Where the cluster has the execution nothing else is asked."""
    async with installation(tmp_path) as at:
        done = await at.asw("history", KEY.name, ASW_SERVER="http://127.0.0.1:1")
        assert done.exit_code == 0
        assert not [path for _, path in at.world.api.requests if "services" in path]


async def test_an_archive_that_is_away_is_no_answer(tmp_path):
    """Nobody knows then whether there is such an execution, so it is not called missing."""
    async with installation(tmp_path) as at:
        at.delete()
        with closing(sqlite3.connect(tmp_path / "archive.db")) as database:
            database.execute("DROP TABLE asw_bundles")
        done = await at.asw("why", KEY.name)
        assert done.exit_code == NO_CLUSTER
        assert "does not answer now" in done.stderr


@pytest.mark.parametrize(
    ("how", "told", "code"),
    [
        ("cut", "did not arrive as a whole", NO_CLUSTER),
        ("damaged", "the archive is damaged", BAD_INPUT),
    ],
)
async def test_half_a_bundle_is_no_missing_run(tmp_path, how, told, code):
    """What is there and cannot be read is not called missing."""

    async def respond(request):
        content = b"\x1f\x8bnot gzip"
        answer = web.StreamResponse()
        answer.content_length = len(content) * (2 if how == "cut" else 1)
        await answer.prepare(request)
        await answer.write(content)
        if how == "cut":
            request.transport.close()
        return answer

    application = web.Application()
    application.router.add_post("/v1/archive/bundle", respond)
    async with installation(tmp_path) as at, TestServer(application) as server:
        at.delete()
        done = await at.asw("why", KEY.name, ASW_SERVER=f"http://127.0.0.1:{server.port}")
        assert (done.exit_code, told in done.stderr) == (code, True), done.stderr


async def test_another_namespace_is_not_ones_own(tmp_path):
    """Who may not read there is told so, whatever they name."""
    bank = (a_row(namespace="bank", name="x"), b"")
    async with installation(tmp_path, bank) as at:
        done = await at.asw("get", "x", "-n", "bank", "--archived")
        assert done.exit_code == NO_CLUSTER
        assert "may not get executions 'x'" in done.stderr
        assert (await at.asw("list", "-A", "--archived")).exit_code == NO_CLUSTER


async def test_lists_of_the_archive(tmp_path):
    """By all conditions, in all formats, page by page, and only what is meant."""
    many = [
        (a_row(f"u{n:03}", name=f"run-{n:03}", ended_at=1_700_000_000_000 + n), b"")
        for n in range(250)
    ]
    blue = a_row("u999", name="blue", workflow="other", error="Odd", ended_at=1_700_000_009_000)
    async with installation(tmp_path, *many, (blue, b"")) as at:

        async def names(*words):
            done = await at.asw("list", "--archived", "-o", "name", *words)
            assert done.exit_code == 0, done.stderr
            return [line.rpartition("/")[2] for line in done.stdout.splitlines()], done.stderr

        found, told = await names("-w", "etl", "--limit", "120")
        assert found == [f"run-{n:03}" for n in reversed(range(130, 250))]
        position = told.split("--after ")[1].strip()
        found, told = await names("-w", "etl", "--limit", "500", "--after", position)
        assert (len(found), found[0], told) == (130, "run-129", "")
        one = ["blue"]
        for words in (
            "-w other",
            "--error Odd",
            "-w other -l team=blue",
            "--error Odd --field order.id=7 --field $.order.id=7",
            "--phase Failed,Aborted --error Odd --until 1d",
        ):
            assert (await names(*words.split()))[0] == one, words
        for words in (
            "--error Od",
            "-w other -l team=red",
            "--until 10000d",
            "-w other --field order.id=8",
            "-w other --since 1d",
            "-w other --phase Running",
        ):
            assert (await names(*words.split()))[0] == [], words
        table = await at.asw("list", "--archived", "-w", "other", "-o", "wide")
        assert table.stdout.split()[:2] == ["NAME", "WORKFLOW"]
        assert "Odd" in table.stdout
        (item,) = json.loads(
            (await at.asw("get", "--archived", "-w", "other", "-o", "json")).stdout
        )["items"]
        assert (item["metadata"]["uid"], item["status"]["phase"]) == ("u999", "Failed")
        none = await at.asw("list", "--archived", "-w", "no")
        assert (none.stdout, none.stderr) == ("", "no executions found in the archive\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("list --error X", "goes with --archived only"),
        ("list --field a=1", "goes with --archived only"),
        ("list --archived --field a", "is not a path and a value"),
        ("list --archived -l a!=b", "finds labels by = alone"),
        ("list --archived -l a=b,a=c", "finds labels by = alone"),
        ("list --archived --after x", "does not understand that: after"),
        ("list --archived --local", "--archived does not go with --local"),
        ("get wf --archived", "has executions, and no Workflow"),
        ("graph workflow/x --archived", "has executions, and no Workflow"),
    ],
)
async def test_what_does_not_go_is_said(tmp_path, words, told):
    """Each mistake has its own sentence, and nothing is listed."""
    async with installation(tmp_path) as at:
        done = await at.asw(*words.split())
        assert done.exit_code == BAD_INPUT
        assert told in done.stderr
        assert done.stdout == ""


async def test_an_administrator_reads_the_database(tmp_path):
    """By its address alone, without asw serve: it is his to read."""
    async with installation(tmp_path) as at:
        at.delete()
        direct = {"ASW_ARCHIVE_URL": f"sqlite:///{tmp_path}/archive.db", "ASW_SERVER": None}
        assert "Ask" in (await at.asw("why", KEY.name, **direct)).stdout
        bare = {**direct, "KUBECONFIG": str(tmp_path / "none")}
        done = await at.asw("list", "--archived", "-n", "shop", "-o", "name", **bare)
        assert done.stdout == f"execution.asw.dev/{KEY.name}\n"
        assert "Ask" in (await at.asw("why", KEY.name, "--archived", "-n", "shop", **bare)).stdout
        wrong = {"ASW_ARCHIVE_URL": f"sqlite:///{tmp_path}/typo.db"}
        done = await at.asw("list", "--archived", **wrong)
        assert (done.exit_code, "no such file" in done.stderr) == (BAD_INPUT, True)
        (tmp_path / "empty.db").touch()
        done = await at.asw("list", "--archived", ASW_ARCHIVE_URL=f"sqlite:///{tmp_path}/empty.db")
        assert (done.exit_code, "made its tables" in done.stderr) == (NO_CLUSTER, True)


async def test_an_administrator_without_the_extra_learns_its_name(tmp_path, monkeypatch):
    """What is not installed is named, not a fault of asw."""
    whole = builtins.__import__

    def without(name, *given, **more):
        if name == "asw.archive.direct":
            raise ImportError(name)
        return whole(name, *given, **more)

    async with installation(tmp_path) as at:
        monkeypatch.setattr(builtins, "__import__", without)
        done = await at.asw(
            "list", "--archived", ASW_ARCHIVE_URL=f"sqlite:///{tmp_path}/archive.db"
        )
        assert (done.exit_code, "asw[archive]" in done.stderr) == (BAD_INPUT, True)
