"""``asw operator``: what the chart's Deployment runs."""

import click

from asw.app.command import Command


@click.command(cls=Command)
def command() -> None:
    """Run the operator in a cluster; settings come from the environment."""
    from asw.app.serving.operator import run  # noqa: PLC0415

    run()
