"""Options and arguments that several verbs share: they read and mean the same everywhere."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import update_wrapper
from pathlib import Path
from typing import Any, Final, TypeAlias

import click

from asw.cli import completion
from asw.executions.target import DEFAULT_DATA, SYSTEM, Target
from asw.failures import Failure
from asw.messages import t

_Function: TypeAlias = Callable[..., Any]
KINDS: Final = {
    word: kind
    for kind, words in {
        "Execution": ("executions", "execution", "exe"),
        "Workflow": ("workflows", "workflow", "wf"),
        "Function": ("functions", "function", "fn"),
        "Connection": ("connections", "connection", "conn"),
    }.items()
    for word in (*words, f"{words[0]}.asw.dev", f"{words[1]}.asw.dev")
}
"""Each word, and the kind that it stands for."""

data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DATA,
    show_default=True,
    help="Folder of this machine's store.",
)
json_lines = click.option(
    "--json", "is_json", is_flag=True, help="Print JSON, one line per execution."
)
quiet = click.option("--quiet", "-q", "is_quiet", is_flag=True, help="Print only outputs.")
logs = click.option("--logs", "has_logs", is_flag=True, help="Show what functions print.")


def named(kind: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Accepts names as ``-o name`` prints them too: ``execution.asw.dev/hello-1``.

    A callback for an argument with one or many names of this kind. Files stay files.
    """

    def bare(word: str) -> str:
        before, _, name = word.partition("/")
        found = KINDS.get(before.lower())
        if found is None or not name or "/" in name or Path(word).exists():
            return word
        if found != kind:
            raise Failure(
                t("{word} is not of kind {kind}", word=word, kind=kind),
                remedy=t("name one that exists: {listing} shows them", listing=_LISTS[kind]),
            )
        return name

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:  # noqa: ARG001 -- click's signature
        words = value if isinstance(value, tuple) else (value,)
        bares = tuple(bare(word) if word and "/" in word else word for word in words)
        return bares if isinstance(value, tuple) else bares[0]

    return callback


_LISTS = {
    "Execution": "asw list",
    "Workflow": "asw get workflows",
    "Function": "asw get functions",
    "Connection": "asw get connections",
}
execution = click.argument(
    "name", callback=named("Execution"), shell_complete=completion.executions
)
paths = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))


def executions(function: _Function) -> _Function:
    """Executions by ``names``, or with the labels of ``selector``."""
    selector = click.option("--selector", "-l", help="Labels instead of names, as in kubectl.")
    names = click.argument(
        "names", nargs=-1, callback=named("Execution"), shell_complete=completion.executions
    )
    return _with_options(function, (names, selector))


def text_or_json(what: str) -> Callable[[_Function], _Function]:
    """``form``: lines for people, or JSON for programs."""
    return click.option(
        "--output",
        "-o",
        "form",
        type=click.Choice(("text", "json")),
        default="text",
        show_default=True,
        help=what,
    )


_TARGET_OPTIONS = (
    click.option(
        "--local",
        "is_local",
        is_flag=True,
        envvar="ASW_LOCAL",
        help="Act on this machine's store instead of the cluster.",
    ),
    click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of this machine's store, by default .asw; implies --local.",
    ),
    click.option(
        "--namespace",
        "-n",
        help="Namespace; by default the context's.",
        shell_complete=completion.namespaces,
    ),
    click.option(
        "--context",
        help="Context of the kubeconfig; by default the current one.",
        shell_complete=completion.contexts,
    ),
    click.option(
        "--kubeconfig",
        type=click.Path(path_type=Path),
        help="File with contexts; by default KUBECONFIG or ~/.kube/config.",
    ),
)
_INPUT_OPTIONS = (
    click.option(
        "--input",
        "input_text",
        metavar="JSON|@FILE|-",
        help="Input as JSON, from a file, or from standard input.",
    ),
    click.option("--input-file", metavar="FILE|-", help="Input from a JSON file."),
)


def inputs(function: _Function) -> _Function:
    """The input of an execution: ``input_text`` and ``input_file``, for ``inputs.read_input``."""
    return _with_options(function, _INPUT_OPTIONS)


def target_options(function: _Function) -> _Function:
    """Adds where the verb acts: the argument ``target: Target``."""

    def wrapped(*args: Any, is_local: bool, data: Path | None, **given: Any) -> Any:
        target = replace(
            _target(given), is_local=is_local or data is not None, data=data or DEFAULT_DATA
        )
        return function(*args, target=target, **given)

    return _with_options(update_wrapper(wrapped, function), _TARGET_OPTIONS)


def archived(function: _Function) -> _Function:
    """Adds ``--archived`` to the ``target`` of a verb that looks; stands below its options."""

    def wrapped(*args: Any, target: Target, is_archived: bool, **given: Any) -> Any:
        if is_archived and target.is_local:
            raise Failure(
                t("--archived does not go with --local"),
                remedy=t("this machine's store keeps executions until asw prune deletes them"),
            )
        return function(*args, target=replace(target, is_archived=is_archived), **given)

    asked = click.option(
        "--archived",
        "is_archived",
        is_flag=True,
        help="Ask the archive alone; else it is asked for what the cluster does not have.",
    )
    return _with_options(update_wrapper(wrapped, function), (asked,))


def place_options(function: _Function) -> _Function:
    """Adds the cluster, for what this machine does not have: the argument ``target: Target``."""

    def wrapped(*args: Any, **given: Any) -> Any:
        return function(*args, target=_target(given), **given)

    return _with_options(update_wrapper(wrapped, function), _TARGET_OPTIONS[2:])


def operator_namespace(help_: str) -> _Function:
    """Where ``asw serve`` is, for what goes to it through the API server."""
    return click.option(
        "--operator-namespace",
        metavar="NAMESPACE",
        default=SYSTEM,
        show_default=True,
        help=help_,
    )


def system_options(function: _Function) -> _Function:
    """Adds the operator of a cluster: the argument ``system: Target``, in its namespace."""

    def wrapped(*args: Any, operator_namespace: str, **given: Any) -> Any:
        given["namespace"] = operator_namespace
        return function(*args, system=_target(given), **given)

    place = operator_namespace("Without --url: where asw serve is.")
    return _with_options(update_wrapper(wrapped, function), (place, *_TARGET_OPTIONS[3:]))


def cluster_options(function: _Function) -> _Function:
    """Adds the cluster to ask, with ``--cluster``: the argument ``cluster: Target | None``."""

    def wrapped(*args: Any, is_asked: bool, **given: Any) -> Any:
        target = _target(given)
        is_asked = is_asked or any((target.namespace, target.context, target.kubeconfig))
        return function(*args, cluster=target if is_asked else None, **given)

    asked = click.option(
        "--cluster",
        "is_asked",
        is_flag=True,
        help="Ask the cluster too: whether it has what is named, and would accept the manifests.",
    )
    return _with_options(update_wrapper(wrapped, function), (asked, *_TARGET_OPTIONS[2:]))


def _target(given: dict[str, Any]) -> Target:
    """The cluster that these arguments name; they are taken out."""
    return Target(**{name: given.pop(name) for name in ("namespace", "context", "kubeconfig")})


class Span(click.ParamType):  # type: ignore[type-arg]
    """A span of time such as ``30s``, ``5m``, ``2h``, ``1d`` or ``1h30m``: seconds as a float."""

    name = "span"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds; a bare number is seconds as well."""
        if isinstance(value, float | int):
            return float(value)
        seconds = span_seconds(value)
        if seconds is None:
            self.fail(
                t("{value!r} is not a span of time such as 30s, 5m or 2h", value=value), param, ctx
            )
        return seconds


def span_seconds(text: str) -> float | None:
    """The seconds of a span, None if it is not one."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|[smhdw]?)", text.strip())
    if not parts or "".join(map("".join, parts)) != text.strip():
        return None
    if len(parts) > 1 and not all(unit for _, unit in parts):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


_UNITS = {"": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
wait = click.option("--wait", "is_waiting", is_flag=True, help="Follow it until it is over.")
timeout = click.option(
    "--timeout",
    type=Span(),
    metavar="SPAN",
    help="With --wait: stop waiting after this time (90s, 10m, 1h); it keeps running.",
)
silent = click.option("--quiet", "-q", "is_quiet", is_flag=True, help="Print only results.")
no_headers = click.option("--no-headers", is_flag=True, help="Print no header.")
output = click.option(
    "--output",
    "-o",
    "form",
    metavar="FORMAT",
    default="table",
    show_default=True,
    help="table, wide, json, yaml or name.",
    shell_complete=completion.formats,
)
_QUERY_OPTIONS = (
    click.option("--all-namespaces", "-A", is_flag=True, help="Those in every namespace."),
    click.option("--selector", "-l", help="Those with these labels: team=blue,tier!=test."),
    click.option(
        "--phase",
        "phases",
        multiple=True,
        metavar="PHASE",
        help="Those in this phase: Pending, Running, Suspended, Interrupted, Succeeded, Failed,"
        " TimedOut, Aborted. May be repeated, or a list with commas.",
        shell_complete=completion.phases,
    ),
    click.option(
        "--workflow",
        "-w",
        help="Those of this Workflow.",
        callback=named("Workflow"),
        shell_complete=completion.workflows,
    ),
    click.option("--since", type=Span(), help="Those no older than this: 30s, 5m, 2h, 1d."),
    click.option(
        "--children", "with_children", is_flag=True, help="Include children of distributed Maps."
    ),
)


def query_options(function: _Function) -> _Function:
    """Adds the choice of executions: the argument ``query: QueryWords``."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        words = {field.name: kwargs.pop(field.name) for field in fields(QueryWords)}
        return function(*args, query=QueryWords(**words), **kwargs)

    return _with_options(update_wrapper(wrapped, function), _QUERY_OPTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryWords:
    """Which executions, as they were typed; ``since`` is in seconds."""

    all_namespaces: bool
    selector: str | None
    phases: tuple[str, ...]
    workflow: str | None
    since: float | None
    with_children: bool


def _with_options(function: _Function, options: Sequence[_Function]) -> _Function:
    for option in reversed(options):
        function = option(function)
    return function
