"""JSONata in a state's fields (ASL: QueryLanguage JSONata): whole fields and payload templates.

Adds to ``jsonata`` what AWS adds: ``$states``, the workflow's variables, and the wording for a
failing expression, with its field. ``location`` is that field and the steps into its value, as in
``Output/list[0]``.
"""

from collections.abc import Mapping
from typing import Final

from asw.asl import jsonata  # its engine is loaded with the first expression
from asw.asl.errors import QUERY_EVALUATION_ERROR, StatesError
from asw.asl.jsonata import is_expression, source_of, steps_of
from asw.asl.model import Expression
from asw.asl.scope import Scope
from asw.asl.values import ABSENT, Json, is_number, kind_of, quote

_TYPES: Final[Mapping[str, type]] = {"array": list, "boolean": bool, "string": str}


class Query:
    """What JSONata can read at one moment: ``$states`` and the variables.

    ``input`` is the state's raw input; ``result`` and ``error_output`` are ABSENT while there is
    none. Bindings are made for the first expression, because most fields are constant.
    """

    __slots__ = ("_bindings", "_scope", "_states")

    def __init__(
        self,
        scope: Scope,
        input_value: Json,
        *,
        result: Json = ABSENT,
        error_output: Json = ABSENT,
    ) -> None:
        self._scope = scope
        self._bindings: Mapping[str, Json] | None = None
        self._states: dict[str, Json] = {"input": input_value}
        if result is not ABSENT:
            self._states["result"] = result
        if error_output is not ABSENT:
            self._states["errorOutput"] = error_output

    def expand(self, template: Json, location: str) -> Json:
        """The template with its ``{% ... %}`` evaluated; constant parts are shared."""
        if isinstance(template, str):
            if is_expression(template):
                return self.value(Expression(source_of(template)), location)
            return template
        if isinstance(template, dict):
            return {
                name: self.expand(value, f"{location}/{name}") for name, value in template.items()
            }
        if isinstance(template, list):
            return [self.expand(item, f"{location}[{at}]") for at, item in enumerate(template)]
        return template

    def value(self, expression: Expression, location: str) -> Json:
        """The result of the expression. Raises StatesError (States.QueryEvaluationError)."""
        try:
            value = self._evaluated(expression.source)
        except jsonata.UnsupportedResultError:
            raise _failed(expression, location, "returned an unsupported result type.") from None
        except jsonata.JSONataError as error:
            # AWS: an exceeded limit has no code and follows a colon.
            reason = f"threw an error during evaluation{'.' if error.code else ':'} {error}"
            raise _failed(expression, location, reason) from None
        if value is ABSENT:
            raise _failed(expression, location, "returned nothing (undefined).")
        return value

    def _evaluated(self, source: str) -> Json:
        value = jsonata.evaluate(source, self._bound(), self._scope.chance, now=self._scope.now)
        if steps_of(source) is None and not self._scope.has_room(value):
            raise jsonata.JSONataError(jsonata.MEMORY)
        return value

    def typed(self, expression: Expression, location: str, kind: str) -> Json:
        """The result, which must be an ``array``, a ``boolean``, a ``number`` or a ``string``."""
        value = self.value(expression, location)
        is_kind = is_number(value) if kind == "number" else isinstance(value, _TYPES[kind])
        if not is_kind:
            raise _failed(
                expression,
                location,
                f"returned an unexpected result type. Expected '{kind}', "
                f"but was '{kind_of(value)}' for value: {quote(value)}",
            )
        return value

    def integer(self, field: Expression | int, location: str, least: int, most: int) -> int:
        """The field as an integer within the bounds; constants have been checked by ``parse``."""
        if not isinstance(field, Expression):
            return field
        value = self.typed(field, location, "number")
        name = location.rpartition("/")[2]
        if value != int(value):
            raise query_error(f"The {name} field cannot be parsed as an integer: {value}", location)
        if not least <= value <= most:
            raise query_error(
                f"{name} must be between {least} and {most} but was: {quote(value)}", location
            )
        return int(value)

    def text(self, field: Expression | str | None, location: str) -> str | None:
        """The field as a text; None if it is missing."""
        if not isinstance(field, Expression):
            return field
        return str(self.typed(field, location, "string"))

    def _bound(self) -> Mapping[str, Json]:
        if self._bindings is None:
            states = {**self._states, "context": self._scope.context}
            self._bindings = {**self._scope.variables, "states": states}
        return self._bindings


def query_error(cause: str, location: str | None = None) -> StatesError:
    """States.QueryEvaluationError in a field."""
    return StatesError(QUERY_EVALUATION_ERROR, cause, location)


def _failed(expression: Expression, location: str, reason: str) -> StatesError:
    return query_error(
        f"The JSONata expression '{expression.source}' specified for the field '{location}' "
        f"{reason}",
        location,
    )
