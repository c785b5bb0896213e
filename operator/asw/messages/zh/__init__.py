"""The Chinese catalogue, a module for each area. Keys are the English templates."""

from asw.messages.zh import (
    common,
    importing,
    keys,
    operating,
    planning,
    running,
    runs,
    strict,
    testing,
    validate,
    verbs,
    views,
    why,
)

MESSAGES: dict[str, str] = {
    **common.MESSAGES,
    **importing.MESSAGES,
    **keys.MESSAGES,
    **operating.MESSAGES,
    **planning.MESSAGES,
    **running.MESSAGES,
    **runs.MESSAGES,
    **strict.MESSAGES,
    **testing.MESSAGES,
    **validate.MESSAGES,
    **verbs.MESSAGES,
    **views.MESSAGES,
    **why.MESSAGES,
}
