"""Label selectors in Kubernetes' words, and the other conditions of a query. Pure.

A cluster applies selectors itself; this is for places without an API server. Source of the
rules: Kubernetes, "Labels and Selectors".
"""

import re
from collections.abc import Callable, Iterator, Mapping

from asw.executions.port import Query
from asw.executions.run import Run
from asw.failures import Failure
from asw.messages import t

Labels = Mapping[str, str]
Condition = Callable[[Labels], bool]

_KEY = r"[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?"
_VALUE = r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?"
_TERM = re.compile(
    rf"\s*(?:(?P<absent>!\s*(?P<absent_key>{_KEY}))"
    rf"|(?P<key>{_KEY})\s*(?:"
    rf"(?P<operator>==|=|!=)\s*(?P<value>{_VALUE})"
    rf"|\s(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?"
    r")\s*(?P<end>,|$)"
)


def selector_condition(selector: str) -> Condition:
    """What the selector asks of labels. Raises Failure if it is not one."""
    conditions = [_condition(term) for term in _terms(selector)]
    return lambda labels: all(condition(labels) for condition in conditions)


def equalities(selector: str) -> Mapping[str, str]:
    """The labels that a selector of equalities asks for. Raises Failure for any other."""
    found: dict[str, str] = {}
    for term in _terms(selector):
        key, value = term["key"], term["value"]
        if term["operator"] not in ("=", "==") or found.setdefault(key, value) != value:
            raise Failure(
                t("the archive finds labels by = alone: {selector!r}", selector=selector),
                remedy=t("write it like: -l team=blue,tier=web"),
            )
    return found


def _terms(selector: str) -> Iterator[re.Match[str]]:
    at = 0
    while True:
        found = _TERM.match(selector, at)
        if found is None:
            raise Failure(
                t("not a label selector: {selector!r}", selector=selector),
                remedy=t("write it like: -l team=blue,tier!=test,env in (a, b),!old"),
            )
        yield found
        if not found["end"]:
            return
        at = found.end()


def is_meant(run: Run, query: Query, selects: Condition | None) -> bool:
    """Whether the query means this execution; ``selects`` is its selector's condition."""
    return (
        (query.with_children or run.parent is None)
        and (not query.phases or bool({run.phase, run.shown_phase} & set(query.phases)))
        and (query.workflow is None or run.workflow == query.workflow)
        and (query.since is None or run.created_at >= query.since)
        and (selects is None or selects(run.labels))
    )


def _condition(term: re.Match[str]) -> Condition:
    if term["absent"]:
        absent = term["absent_key"]
        return lambda labels: absent not in labels
    key, value = term["key"], term["value"]
    if term["set"]:
        values = {each.strip() for each in term["values"].split(",")}
        if term["set"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    match term["operator"]:
        case None:
            return lambda labels: key in labels
        case "!=":
            return lambda labels: labels.get(key) != value
    return lambda labels: labels.get(key) == value
