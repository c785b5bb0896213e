"""The command ``asw``. Only arguments and exit codes; what a command needs is imported by it.

Exit codes: 0 all is well, 1 an execution did not succeed, 2 bad input, 130 interrupted.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from asw import __version__

if TYPE_CHECKING:
    from asw.app.screen import Screen

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _note(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep how things are to be shown beside the arguments, for ``_screen``."""
    assert parameter.name is not None  # options always have one
    context.meta[parameter.name] = value


def _flag(*names: str, text: str) -> Callable[[_Command], _Command]:
    return click.option(*names, is_flag=True, expose_value=False, callback=_note, help=text)


_paths = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".asw"),
    show_default=True,
    help="Folder that holds executions, so that they can be resumed.",
)
_json = _flag("--json", "is_json", text="Print JSON, one line an execution.")
_quiet = _flag("--quiet", "-q", "is_quiet", text="Print outputs only.")
_logs = _flag("--logs", "has_logs", text="Show what functions print.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="asw", message="%(prog)s %(version)s")
def main() -> None:
    """Run state machines of the Amazon States Language, here or on Kubernetes."""


@main.command()
@_paths
@click.option("--input", "input_text", metavar="JSON|@FILE", help="Input, whatever manifests say.")
@click.option("--name", help="Name of the execution.")
@_data
@_logs
@_quiet
@_json
def run(paths: tuple[Path, ...], input_text: str | None, name: str | None, data: Path) -> None:
    """Run what the manifests or the definition at PATHS describe, on this machine.

    PATHS are files, or folders of them, of YAML or JSON: Workflows, Functions, Executions and
    ConfigMaps as kubectl takes them, or a bare definition. Without an Execution, the only
    Workflow is run.
    """
    from asw.app import local_commands  # noqa: PLC0415

    wish = local_commands.Wish(input_text=input_text, name=name)
    sys.exit(local_commands.run(_screen(), paths, wish, data))


@main.command()
@_data
@_logs
@_quiet
@_json
def resume(data: Path) -> None:
    """Go on with executions that were interrupted, or whose asw was killed."""
    from asw.app import local_commands  # noqa: PLC0415

    sys.exit(local_commands.resume(_screen(), data))


@main.command()
@click.argument("name")
@_data
@_quiet
@_json
def stop(name: str, data: Path) -> None:
    """Abort the interrupted execution NAME instead of resuming it."""
    from asw.app import local_commands  # noqa: PLC0415

    sys.exit(local_commands.stop(_screen(), name, data))


@main.command()
@_paths
def validate(paths: tuple[Path, ...]) -> None:
    """Say everything that is wrong with the manifests and definitions at PATHS."""
    from asw.app import local_commands  # noqa: PLC0415

    sys.exit(local_commands.validate(_screen(), paths))


@main.command()
@click.argument("name")
@_data
@_quiet
@_json
def history(name: str, data: Path) -> None:
    """Show the execution NAME: graph, history, outcome."""
    from asw.app import local_commands  # noqa: PLC0415

    sys.exit(local_commands.history(_screen(), name, data))


@main.command(name="list")
@click.option("--children", is_flag=True, help="Those of distributed Maps as well.")
@_data
@_json
def list_executions(*, children: bool, data: Path) -> None:
    """List the executions in the data folder."""
    from asw.app import local_commands  # noqa: PLC0415

    code = local_commands.list_executions(_screen(), data, with_children=children)
    sys.exit(code)


@main.command()
def operator() -> None:
    """Run the operator in a cluster; settings come from the environment."""
    from asw.app.operator import run as run_operator  # noqa: PLC0415

    run_operator()


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"asw {__version__}")


def _screen() -> "Screen":
    from asw.app.screen import Look, Screen  # noqa: PLC0415

    flags = click.get_current_context().meta
    names = ("is_quiet", "is_json", "has_logs")
    return Screen(Look(**{name: flags.get(name, False) for name in names}))
