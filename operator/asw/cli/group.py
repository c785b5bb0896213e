"""The group of verbs, each imported only when it is called; words of other tools are answered."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from io import TextIOWrapper
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from asw.cli.command import Translated, as_failure, has_colour, show_failure
from asw.cli.results import Remarks, Results
from asw.failures import Failure, nearest
from asw.messages import t


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb before its module is imported: help lists it from this alone."""

    name: str
    summary: str
    section: str

    def load(self) -> click.Command:
        """The command itself, which its module calls ``command``."""
        module = import_module(f"asw.cli.commands.{self.name}")
        command: click.Command = module.command
        return command


class Group(Translated, click.Group):
    """The verbs, each imported only when it is called."""

    def __init__(self, *args: Any, verbs: Sequence[Verb], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verbs = {verb.name: verb for verb in verbs}

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Verbs with what they do, none imported for it; and options."""
        verbs = [
            CompletionItem(name, help=t(verb.summary))
            for name, verb in self.verbs.items()
            if name.startswith(incomplete)
        ]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """All verbs, as help lists them."""
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The verb, imported."""
        verb = self.verbs.get(cmd_name)
        return verb.load() if verb else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that is meant. Raises Failure with the nearest for one that is not known."""
        name = args[0]
        if name not in self.verbs and not ctx.resilient_parsing and not name.startswith("-"):
            remedy = remedy_for(name, self.verbs)
            raise Failure(t("no verb {name!r}", name=name), remedy=remedy)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As for a verb; ``help`` before one is ``--help`` behind it."""
        if args[:1] == ["help"]:
            args = [*args[1:], "--help"]
        try:
            return super().parse_args(ctx, args)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise as_failure(error, ctx) from error

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """The entry: what goes wrong before a verb is found is reported like everything else."""
        _spare_signs()
        sys.stdout, sys.stderr = Results(sys.stdout), Remarks(sys.stderr)  # they stand for them
        try:
            return super().main(*args, **{"color": has_colour(), **kwargs})
        except Failure as failure:
            if "--debug" in (kwargs.get("args") or sys.argv):
                raise
            show_failure(failure)
            sys.exit(failure.code)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Verbs by section, then options."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for verb in self.verbs.values():
            sections.setdefault(verb.section, []).append((verb.name, t(verb.summary)))
        for section, rows in sections.items():
            with formatter.section(t(section)):
                formatter.write_dl(rows)
        self.write_options(ctx, formatter)


def _spare_signs() -> None:
    """A terminal that lacks a character shows its number: that is no reason to fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


_OURS: Final[Mapping[str, str]] = {
    word: ours
    for ours, words in {
        "init": ("new",),
        "validate": ("lint", "check"),
        "plan": ("diff",),
        "invoke": ("call", "exec"),
        "start": ("submit", "trigger"),
        "stop": ("terminate", "cancel", "abort", "kill"),
        "redrive": ("retry",),
        "rerun": ("resubmit", "restart"),
        "list": ("ls", "ps"),
        "get": ("describe", "show", "status"),
        "history": ("events",),
        "logs": ("tail",),
        "watch": ("follow",),
        "why": ("explain",),
        "graph": ("draw",),
    }.items()
    for word in words
}
"""argo, tkn, temporal, terraform, kubectl, Step Functions: by their word, the verb of asw."""


_KUBECTLS: Final = ("create", "delete", "edit")


def remedy_for(word: str, verbs: Mapping[str, object]) -> str:
    """What to type instead of a word that is not a verb."""
    if word in _OURS:
        return t("asw {verb} does that here", verb=_OURS[word])
    if word in _KUBECTLS:
        return t("kubectl {word} does that: these are objects of the cluster", word=word)
    return nearest(word, verbs) or t("asw --help lists all")
