"""Options and arguments that several verbs share: they read and mean the same everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from asw.app.runs.target import DEFAULT_DATA, Target

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
    click.option("--namespace", "-n", help="Namespace, else the context's."),
    click.option("--context", help="Context of the kubeconfig, else the current one."),
    click.option(
        "--kubeconfig",
        type=click.Path(path_type=Path),
        help="File with contexts, else KUBECONFIG or ~/.kube/config.",
    ),
)


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

    wrapped.__name__ = function.__name__
    wrapped.__doc__ = function.__doc__
    wrapped.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    decorated: Any = wrapped
    for option in reversed(_TARGET_OPTIONS):
        decorated = option(decorated)
    result: _Command = decorated
    return result
