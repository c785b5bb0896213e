"""Options and arguments that several verbs share: they read and mean the same everywhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import update_wrapper
from pathlib import Path
from typing import Any, TypeVar

import click

from asw.cli import completion
from asw.cli.kinds import KINDS
from asw.executions.target import DEFAULT_DATA, Target
from asw.failures import Failure
from asw.messages import t

_Command = TypeVar("_Command", bound=Callable[..., Any])

data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DATA,
    show_default=True,
    help="Folder of this machine's store.",
)
json_lines = click.option(
    "--json", "is_json", is_flag=True, help="Print JSON, one line an execution."
)
quiet = click.option("--quiet", "-q", "is_quiet", is_flag=True, help="Print outputs only.")
logs = click.option("--logs", "has_logs", is_flag=True, help="Show what functions print.")


def named(kind: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Names as ``-o name`` prints them are names too: ``execution.asw.dev/hello-1`` and the like.

    A callback of an argument that takes names of this kind, one or many. What is a file stays one.
    """

    def bare(word: str) -> str:
        before, _, name = word.partition("/")
        found = KINDS.get(before.lower())
        if found is None or not name or "/" in name or Path(word).exists():
            return word
        if found != kind:
            raise Failure(
                t("{word} is no {kind}", word=word, kind=kind),
                remedy=t("name one of them: {listing} shows which there are", listing=_LISTS[kind]),
            )
        return name

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:  # noqa: ARG001 -- click's signature
        words = value if isinstance(value, tuple) else (value,)
        bares = tuple(bare(word) if word and "/" in word else word for word in words)
        return bares if isinstance(value, tuple) else bares[0]

    return callback


_LISTS = {"Execution": "asw list", "Workflow": "asw get workflows"}

paths = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))

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
        help="Folder of this machine's store, .asw by default; says --local as well.",
    ),
    click.option(
        "--namespace",
        "-n",
        help="Namespace, else the context's.",
        shell_complete=completion.namespaces,
    ),
    click.option(
        "--context",
        help="Context of the kubeconfig, else the current one.",
        shell_complete=completion.contexts,
    ),
    click.option(
        "--kubeconfig",
        type=click.Path(path_type=Path),
        help="File with contexts, else KUBECONFIG or ~/.kube/config.",
    ),
)


_INPUT_OPTIONS = (
    click.option(
        "--input",
        "input_text",
        metavar="JSON|@FILE|-",
        help="Input as JSON, from a file, or from standard input.",
    ),
    click.option("--input-file", metavar="FILE|-", help="Input from a file of JSON."),
)


def inputs(function: _Command) -> _Command:
    """The input of an execution: ``input_text`` and ``input_file``, for ``inputs.read_input``."""
    decorated: Any = function
    for option in reversed(_INPUT_OPTIONS):
        decorated = option(decorated)
    result: _Command = decorated
    return result


def target_options(function: _Command) -> _Command:
    """Where the verb acts: ``target: Target`` among its arguments."""

    def wrapped(
        *args: Any,
        is_local: bool,
        data: Path | None,
        namespace: str | None,
        context: str | None,
        kubeconfig: Path | None,
        **kwargs: Any,
    ) -> Any:
        target = Target(
            is_local=is_local or data is not None,
            data=data or DEFAULT_DATA,
            namespace=namespace,
            context=context,
            kubeconfig=kubeconfig,
        )
        return function(*args, target=target, **kwargs)

    return _with_options(function, wrapped, _TARGET_OPTIONS)


def place_options(function: _Command) -> _Command:
    """Which cluster, for what this machine has none of: ``target: Target`` among its arguments."""

    def wrapped(
        *args: Any,
        namespace: str | None,
        context: str | None,
        kubeconfig: Path | None,
        **kwargs: Any,
    ) -> Any:
        target = Target(namespace=namespace, context=context, kubeconfig=kubeconfig)
        return function(*args, target=target, **kwargs)

    return _with_options(function, wrapped, _TARGET_OPTIONS[2:])


def cluster_options(function: _Command) -> _Command:
    """Which cluster is asked, where ``--cluster`` says so: ``cluster: Target | None``."""

    def wrapped(
        *args: Any,
        is_asked: bool,
        namespace: str | None,
        context: str | None,
        kubeconfig: Path | None,
        **kwargs: Any,
    ) -> Any:
        is_asked = is_asked or bool(namespace or context or kubeconfig)
        target = Target(namespace=namespace, context=context, kubeconfig=kubeconfig)
        return function(*args, cluster=target if is_asked else None, **kwargs)

    asked = click.option(
        "--cluster",
        "is_asked",
        is_flag=True,
        help="Ask the cluster too: what is named, and whether it would take the manifests.",
    )
    return _with_options(function, wrapped, (asked, *_TARGET_OPTIONS[2:]))


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
                t("{value!r} is no span of time such as 30s, 5m or 2h", value=value), param, ctx
            )
        return seconds


def span_seconds(text: str) -> float | None:
    """The seconds that a span says, None where it is none."""
    import re  # noqa: PLC0415 -- start-up

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
    help="With --wait: give up waiting after so long (90s, 10m, 1h); it runs on.",
)
silent = click.option("--quiet", "-q", "is_quiet", is_flag=True, help="Say nothing but results.")
selector = click.option("--selector", "-l", help="Labels instead of names, as kubectl has them.")
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
    click.option("--all-namespaces", "-A", is_flag=True, help="Those of every namespace."),
    click.option("--selector", "-l", help="Those with these labels: team=blue,tier!=test."),
    click.option(
        "--phase",
        "phases",
        multiple=True,
        metavar="PHASE",
        help="Those in this phase: Pending, Running, Suspended, Interrupted, Succeeded, Failed,"
        " TimedOut, Aborted. May be said more than once, or as a list with commas.",
        shell_complete=completion.phases,
    ),
    click.option(
        "--workflow",
        "-w",
        help="Those of this Workflow.",
        callback=named("Workflow"),
        shell_complete=completion.workflows,
    ),
    click.option("--since", type=Span(), help="Those no older than that: 30s, 5m, 2h, 1d."),
    click.option(
        "--children", "with_children", is_flag=True, help="Those of distributed Maps as well."
    ),
)


def query_options(function: _Command) -> _Command:
    """Which executions: ``query: QueryWords`` among the arguments."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        words = {field.name: kwargs.pop(field.name) for field in fields(QueryWords)}
        return function(*args, query=QueryWords(**words), **kwargs)

    return _with_options(function, wrapped, _QUERY_OPTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryWords:
    """Which executions, as they were typed; ``since`` is in seconds."""

    all_namespaces: bool
    selector: str | None
    phases: tuple[str, ...]
    workflow: str | None
    since: float | None
    with_children: bool


def _with_options(
    function: _Command, wrapped: Callable[..., Any], options: Sequence[Callable[[Any], Any]]
) -> _Command:
    decorated: Any = update_wrapper(wrapped, function)
    for option in reversed(options):
        decorated = option(decorated)
    result: _Command = decorated
    return result
