"""What every verb of ``asw`` has: help in the user's language, examples, errors in plain words."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, Literal

import click

from asw.cli.help_layout import HelpContext
from asw.cli.waiting_notice import WaitingNotice
from asw.executions.patience import told_by
from asw.exits import BAD_INPUT, INTERNAL, INTERRUPTED
from asw.failures import Failure
from asw.messages import t


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A line that a user can type, and what it does.

    A test runs it in the folder of examples (see tests/support/playground.py), where there are
    executions of the kind that ``where`` says, and expects ``exit_code``. One that is ``endless``
    needs none, and is ended by Ctrl-C.
    """

    command: str
    does: str
    where: Literal["local", "cluster", "archive", "endless"] = "local"
    exit_code: int = 0


class Translated(click.Command):
    """A command whose help is in the user's language."""

    context_class = HelpContext

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The description."""
        text, self.help = self.help, t(cleandoc(self.help or ""))
        try:
            super().format_help_text(ctx, formatter)
        finally:
            self.help = text

    def write_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The section of its options."""
        records = [
            record
            for param in self.get_params(ctx)
            if (record := option_record(param, ctx)) is not None
        ]
        with formatter.section(t("Options")):
            formatter.write_dl(records)


class Command(Translated):
    """A verb: translated, with examples in its help, and with ``--debug``."""

    examples: Sequence[Example] = ()

    def __init__(self, *args: Any, examples: Sequence[Example] = (), **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self.help = cleandoc(self.help or "")
        self.params.append(
            click.Option(
                ("--debug",),
                is_flag=True,
                expose_value=False,
                callback=_remember,
                help="Show where a fault of asw itself comes from.",
            )
        )

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 -- click's signature
        """The first sentence, whole: summaries are written to fit."""
        return t((self.help or "").partition("\n")[0])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options, and examples after them."""
        self.write_options(ctx, formatter)
        if self.examples:
            with formatter.section(t("Examples")):
                for example in self.examples:
                    formatter.write_text(f"# {t(example.does)}")
                    formatter.write(f"{'':>{formatter.current_indent}}{example.command}\n\n")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Wrong arguments are reported like all errors, with the nearest option."""
        ctx.allow_extra_args = True  # click would tell of them, in English only
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            raise as_failure(error, ctx) from error
        if rest and not ctx.resilient_parsing:
            message = t("too many arguments: {words}", words=" ".join(rest))
            raise Failure(message, remedy=_usage(ctx), code=BAD_INPUT)
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; it ends with an exit code, never with a traceback unless asked."""
        with told_by(WaitingNotice()):
            return guarded(lambda: super(Command, self).invoke(ctx), has_debug=is_debugging(ctx))


def guarded(action: Callable[[], Any], *, has_debug: bool) -> Any:
    """Run it; a Failure, an interruption or a fault becomes a message and an exit code."""
    try:
        return action()
    except (click.exceptions.Exit, click.exceptions.Abort, BrokenPipeError):
        raise
    except Failure as failure:
        if has_debug:
            raise
        show_failure(failure)
        sys.exit(failure.code)
    except KeyboardInterrupt:
        click.echo(t("interrupted"), err=True)
        sys.exit(INTERRUPTED)
    except Exception as error:
        if has_debug:
            raise
        fault = f"{type(error).__name__}: {error}"
        show_failure(
            Failure(
                t("a fault of asw itself: {fault}", fault=fault),
                remedy=t("run it again with --debug and report what it shows"),
                code=INTERNAL,
            )
        )
        sys.exit(INTERNAL)


def show_failure(failure: Failure) -> None:
    """Message and remedy on standard error; colour only where it is a terminal."""
    label = click.style(t("error"), fg="red", bold=True)
    click.echo(f"{label}: {failure.message}", err=True, color=has_colour())
    if failure.remedy:
        click.echo(f"  {failure.remedy}", err=True)


def has_colour() -> bool | None:
    """False if colours are unwanted or impossible; None lets click decide by the terminal.

    Source of the rules: no-color.org; ``TERM=dumb`` as terminfo has it.
    """
    is_plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return False if is_plain else None


def is_debugging(ctx: click.Context) -> bool:
    """Whether ``--debug`` was given."""
    return bool(ctx.meta.get("asw.debug"))


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:  # noqa: ARG001
    ctx.meta["asw.debug"] = value


def option_record(param: click.Parameter, ctx: click.Context) -> tuple[str, str] | None:
    """How an option is written and what it does, None for arguments and hidden ones."""
    if not isinstance(param, click.Option):
        return None
    text, param.help = param.help, t(param.help or "")
    try:
        record = param.get_help_record(ctx)
    finally:
        param.help = text
    if record is None:
        return None
    extra = record[1].removeprefix(t(text or ""))
    return record[0], t(text or "") + extra.replace("[default: ", t("[default: "))


def as_failure(error: click.UsageError, ctx: click.Context) -> Failure:
    """What click finds wrong with arguments, in the user's language."""
    remedy = _usage(ctx)
    if isinstance(error, click.NoSuchOption):
        message = t("no option {name}", name=error.option_name)
        if error.possibilities:
            remedy = t("did you mean {name}?", name=", ".join(error.possibilities))
        return Failure(message, remedy=remedy, code=BAD_INPUT)
    if isinstance(error, click.BadOptionUsage):
        name = error.option_name
        is_flag = any(
            isinstance(param, click.Option) and param.is_flag and name in param.opts
            for param in ctx.command.params
        )
        message = t("{name} takes no value", name=name)
        if not is_flag:
            message = t("{name} needs a value", name=name)
        return Failure(message, remedy=remedy, code=BAD_INPUT)
    if isinstance(error, click.BadParameter) and error.param is not None:
        return Failure(_about_parameter(error, error.param, ctx), remedy=remedy, code=BAD_INPUT)
    return Failure(error.format_message(), remedy=remedy, code=BAD_INPUT)


def _usage(ctx: click.Context) -> str:
    return t("{command} --help shows how it is used", command=ctx.command_path)


def _about_parameter(error: click.BadParameter, param: click.Parameter, ctx: click.Context) -> str:
    name = param.get_error_hint(ctx)
    if isinstance(error, click.MissingParameter):
        return t("{name} is missing", name=name)
    reason = _wrong_value(error, param.type)
    return t("{name} has a wrong value: {reason}", name=name, reason=reason)


def _wrong_value(error: click.BadParameter, kind: "click.ParamType[Any]") -> str:
    """What click says of a value, in the user's language: the value stands before its verb."""
    value, _, rest = error.message.rstrip(".").partition(" is ")
    span = rest.removeprefix("not in the range ")
    if isinstance(kind, click.Choice) and rest:
        choices = ", ".join(map(repr, kind.choices))
        return t("{value} is not one of {choices}", value=value, choices=choices)
    if span != rest:
        return t("{value} is not in the range {span}", value=value, span=span)
    if rest.startswith("not a valid "):
        return t("{value} is not a number", value=value)
    path = value.partition(" ")[2]
    on_paths = {
        "a file": t("{path} is a file, not a folder", path=path),
        "a directory": t("{path} is a folder, not a file", path=path),
    }
    return on_paths.get(rest, error.message) if isinstance(kind, click.Path) else error.message
