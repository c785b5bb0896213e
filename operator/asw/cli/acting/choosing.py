"""Which executions a verb is to act on."""

from collections.abc import Sequence
from dataclasses import dataclass

from asw.executions.naming import refuse_file
from asw.executions.port import Query, Runs
from asw.executions.run import Run
from asw.exits import NOT_FOUND
from asw.failures import Failure
from asw.messages import t


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Executions by their names, or by a label selector."""

    names: Sequence[str] = ()
    selector: str | None = None


async def chosen(runs: Runs, choice: Choice, *, phases: tuple[str, ...]) -> list[Run]:
    """Those that are meant, each once. Raises Failure where there is none.

    Of a selector only the ``phases`` count, in which the verb has something to do. It may mean
    thousands: of each is read what a row of a table shows.
    """
    if choice.names and choice.selector is not None:
        raise Failure(t("names and -l do not go together"), remedy=t("give names, or -l SELECTOR"))
    if choice.selector is None:
        if not choice.names:
            raise Failure(
                t("no execution is named"),
                remedy=t("name one or more, or choose by labels with -l SELECTOR"),
            )
        for name in choice.names:
            refuse_file(name)
        return [await runs.get(name) for name in dict.fromkeys(choice.names)]
    found = list(await runs.list(Query(selector=choice.selector, phases=phases), "row"))
    if not found:
        values = {"selector": choice.selector}
        raise Failure(
            t("no execution that this could act on has the labels {selector}", **values),
            remedy=t("asw list -l {selector} shows all that have them", **values),
            code=NOT_FOUND,
        )
    return found
