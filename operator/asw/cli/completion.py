"""What a shell offers at a word that is being typed: names of the place where the verb would act.

Whatever goes wrong, and whatever takes long, offers nothing: a shell is no place for errors.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread

import click
from click.shell_completion import CompletionItem, ShellComplete

from asw.api.phases import SHOWN_PHASES
from asw.executions.target import DEFAULT_DATA, Target
from asw.failures import Failure

SECONDS = 2.0
"""A cluster that does not answer by then offers nothing."""
FORMATS = ("table", "wide", "json", "yaml", "name")
COBRA_NO_FILES = 4
"""Cobra: the shell is not to offer files where there is nothing else."""

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]


def _named(kind: str) -> Complete:
    """Names of the objects of this kind that are there."""

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        given = ctx.params.get(param.name or "") or ()
        taken = given if isinstance(given, tuple) else ()
        names = [name for name in _names(target_of(ctx), kind) if name not in taken]
        return _items(names, incomplete)

    return complete


def _one_of(words: Sequence[str]) -> Complete:
    def complete(
        ctx: click.Context,  # noqa: ARG001 -- click's signature
        param: click.Parameter,  # noqa: ARG001 -- click's signature
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        return _items(words, incomplete)

    return complete


executions = _named("Execution")
workflows = _named("Workflow")
functions = _named("Function")
namespaces = _named("Namespace")
formats = _one_of(FORMATS)


def objects(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Names of executions, and ``KIND/NAME`` where a kind is being typed."""
    kinds = {"wf": "Workflow", "fn": "Function", "exe": "Execution", "conn": "Connection"}
    before, slash, _ = incomplete.partition("/")
    if slash:
        names = _names(target_of(ctx), kinds.get(before, ""))
        return _items([f"{before}/{name}" for name in names], incomplete)
    if ctx.params.get(param.name or ""):
        return executions(ctx, param, incomplete)
    words = ("workflows", "functions", "connections", "executions")
    return [*executions(ctx, param, incomplete), *_items(words, incomplete)]


def drawn(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Executions, Workflows, and files, which the shell itself knows."""
    items = [*executions(ctx, param, incomplete), *workflows(ctx, param, incomplete)]
    return [*items, CompletionItem(incomplete, type="file")]


def phases(
    ctx: click.Context,  # noqa: ARG001 -- click's signature
    param: click.Parameter,  # noqa: ARG001 -- click's signature
    incomplete: str,
) -> list[CompletionItem[str]]:
    """Phases, in lists with commas too."""
    before, comma, last = incomplete.rpartition(",")
    words = [phase for phase in SHOWN_PHASES if phase.casefold().startswith(last.casefold())]
    return [CompletionItem(f"{before}{comma}{word}") for word in words]


def contexts(
    ctx: click.Context,
    param: click.Parameter,  # noqa: ARG001 -- click's signature
    incomplete: str,
) -> list[CompletionItem[str]]:
    """Contexts of the kubeconfig, which need no cluster."""
    from asw.platforms.kubernetes.client.kubeconfig import (  # noqa: PLC0415
        UnreadableKubeconfig,
        kubeconfig_files,
        read_kubeconfig,
    )

    try:
        found = read_kubeconfig(kubeconfig_files(target_of(ctx).kubeconfig))
    except UnreadableKubeconfig:
        return []
    return _items(found.contexts, incomplete)


def target_of(ctx: click.Context) -> Target:
    """Where the verb would act, as far as its options are typed already."""
    given = ctx.params
    data, kubeconfig = given.get("data"), given.get("kubeconfig")
    return Target(
        is_local=bool(given.get("is_local")) or data is not None,
        data=Path(data or DEFAULT_DATA),
        namespace=given.get("namespace"),
        context=given.get("context"),
        kubeconfig=None if kubeconfig is None else Path(kubeconfig),
    )


def kubectl_answer(command: click.Command, arguments: Sequence[str]) -> str:
    """What kubectl's own completion asks of a plugin: candidates and a directive, a line each."""
    *before, incomplete = arguments or [""]
    shell = ShellComplete(command, {}, "kubectl asw", "")
    items = shell.get_completions(before, incomplete)
    lines = [f"{item.value}\t{item.help}" if item.help else item.value for item in items]
    return "\n".join([*lines, f":{COBRA_NO_FILES}"])


def _items(words: Iterable[str], incomplete: str) -> list[CompletionItem[str]]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def _names(target: Target, kind: str) -> list[str]:
    """Asked in a thread of its own: a cluster that is too slow is left behind.

    This machine's store answers by itself, however busy the machine is.
    """
    found: list[str] = []
    if target.is_local:
        _ask(target, kind, found)
        return found
    asking = Thread(target=_ask, args=(target, kind, found), daemon=True)
    asking.start()
    asking.join(SECONDS)
    return list(found)


def _ask(target: Target, kind: str, found: list[str]) -> None:
    # Every verb loads this module for its options, and few ask a place for names.
    import asyncio  # noqa: PLC0415

    from asw.executions.opening import open_runs  # noqa: PLC0415

    async def ask() -> None:
        async with open_runs(target) as runs:
            found.extend(await runs.names(kind))

    with suppress(Failure):
        asyncio.run(ask())
