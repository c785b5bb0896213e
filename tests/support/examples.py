"""The examples that verbs show in their help."""

from typing import Literal

from asw.cli.command import Command, Example
from asw.cli.main import VERBS


def examples(where: Literal["local", "cluster", "archive", "endless"]) -> list[Example]:
    """All examples for this kind of executions, verb by verb."""
    found: list[Example] = []
    for verb in VERBS:
        command = verb.load()
        assert isinstance(command, Command)
        found += [example for example in command.examples if example.where == where]
    return found
