"""What ``asw validate`` does."""

from collections.abc import Sequence
from pathlib import Path

import click

from asw.app.checking import check_files
from asw.app.exits import ALL_WELL, BAD_INPUT
from asw.app.findings_text import show_findings
from asw.app.messages import t


def validate(paths: Sequence[Path]) -> int:
    """Show all findings; the exit code."""
    checked = check_files(paths)
    show_findings(checked.findings)
    if not checked.is_valid:
        return BAD_INPUT
    click.echo(
        t(
            "valid: {workflows} Workflows, {functions} Functions",
            workflows=len(checked.plan.workflows),
            functions=len(checked.manifests.functions),
        ),
        err=True,
    )
    return ALL_WELL
