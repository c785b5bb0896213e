"""``asw completion``: prints the script that lets a shell complete asw."""

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from asw.cli.command import Command, Example
from asw.cli.main import main

SHELLS = ("bash", "zsh", "fish")
_EXAMPLES = (
    Example(
        command="asw completion bash > asw-completion.bash",
        does="Write the script for bash; source it in ~/.bashrc.",
    ),
    Example(
        command="asw completion zsh > asw-completion.zsh",
        does="Write the script for zsh; source it in ~/.zshrc.",
    ),
    Example(
        command="asw completion fish > asw.fish",
        does="Write the script for fish; it belongs in ~/.config/fish/completions.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("shell", metavar="SHELL", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that lets a shell complete asw.

    SHELL is bash, zsh or fish.

    For the current shell: source <(asw completion bash), or zsh; asw completion fish | source. It
    offers verbs, options and names: executions, Workflows and namespaces of the cluster or store
    that the words before it choose. A cluster that does not answer within two seconds offers
    nothing.

    kubectl asw is completed by kubectl's own script, which asks kubectl_complete-asw.
    """
    made = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}[shell]
    complete = made(main, {}, "asw", "_ASW_COMPLETE")
    click.echo(complete.source_template % complete.source_vars())
