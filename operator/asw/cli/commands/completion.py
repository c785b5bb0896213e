"""``asw completion``: arguments only."""

import click

from asw.cli.command import Command, Example

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
        does="Write the script for fish; it belongs into ~/.config/fish/completions.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that lets a shell complete asw.

    For the shell at hand: source <(asw completion bash), or zsh; asw completion fish | source. What
    is offered are verbs, options, and names: executions, Workflows and namespaces of the cluster
    or store that the words before name. A cluster that does not answer soon offers nothing.

    kubectl asw is completed by kubectl's own script, which asks kubectl_complete-asw.
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete  # noqa: PLC0415

    from asw.cli.main import main  # noqa: PLC0415

    made = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}[shell]
    complete = made(main, {}, "asw", "_ASW_COMPLETE")
    click.echo(complete.source_template % complete.source_vars())
