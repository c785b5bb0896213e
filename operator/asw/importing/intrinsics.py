"""Evaluates CloudFormation's functions (Ref, GetAtt, Sub, Join ...) as far as a template allows.

Pure. An unknown value becomes a token ``${Name}`` in the text, and is remembered as open.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from asw.asl.values import Json, JsonObject, to_text

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"
"""Stand-ins for the user's own: they mean nothing on a cluster."""
_PSEUDO: Final[Mapping[str, str]] = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": "",
}
_FUNCTION_TYPES: Final = ("AWS::Lambda::Function", "AWS::Serverless::Function")
_MACHINE_TYPES: Final = ("AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine")
_ACTIVITY_TYPE: Final = "AWS::StepFunctions::Activity"
_NO_VALUE: Final[Json] = {"Ref": "AWS::NoValue"}
_SUB: Final = re.compile(r"\$\{(!?)([^${}]*)\}")
_UNSAFE: Final = re.compile(r"[^\w:.\-/ ]")


def lambda_arn(name: str, qualifier: str = "") -> str:
    """The ARN of a function of this name."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    return f"{arn}:{qualifier}" if qualifier else arn


@dataclass(slots=True)
class Resolver:
    """Resolves values of one template.

    ``open_tokens`` collects tokens of unknown values, each with what it stands for, ``literals``
    texts that only look like one: ``${!Name}`` in a Sub. ``names`` are those of the functions and
    machines, by logical id.
    """

    template: JsonObject
    names: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    open_tokens: dict[str, str] = field(default_factory=dict)
    literals: set[str] = field(default_factory=set)

    def resolve(self, value: Json) -> Json:
        """The value with every function of CloudFormation in it replaced."""
        if isinstance(value, list):
            items = map(self._chosen, value)
            return [self.resolve(item) for item in items if item != _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((key, argument),) = value.items()
            if key in _HANDLERS:
                return _HANDLERS[key](self, argument)
            if key.startswith("Fn::"):
                return self._unknown(key.removeprefix("Fn::"), argument)
        members = {key: self._chosen(item) for key, item in value.items()}
        return {key: self.resolve(item) for key, item in members.items() if item != _NO_VALUE}

    def _chosen(self, value: Json) -> Json:
        """The branch of an If, if its condition is decided; any other value as it is."""
        while isinstance(value, dict) and value.keys() == {"Fn::If"}:
            argument = value["Fn::If"]
            if not (isinstance(argument, list) and len(argument) == 3):
                return value
            holds = self._condition(str(argument[0]))
            if holds is None:
                return value
            value = argument[1 if holds else 2]
        return value

    def text(self, value: Json) -> str:
        """The resolved value as text; anything but a string becomes JSON."""
        found = self.resolve(value)
        return found if isinstance(found, str) else to_text(found)

    def token(self, name: str, stands_for: str = "") -> str:
        """A token for a value that the template does not contain.

        Of those that stand for different things, each gets a name of its own.
        """
        name = stem = _UNSAFE.sub("", name).strip()
        number = 1
        while self.open_tokens.setdefault("${" + name + "}", stands_for) != stands_for:
            number += 1
            name = f"{stem} {number}"
        return "${" + name + "}"

    def _unknown(self, function: str, argument: Json) -> str:
        """A token for what a function returns."""
        return self.token(f"{function} {_glance(argument)}", to_text(argument))

    def resource(self, logical_id: str) -> JsonObject:
        """The resource; empty if there is none."""
        resources = self.template.get("Resources")
        found = resources.get(logical_id) if isinstance(resources, dict) else None
        return found if isinstance(found, dict) else {}

    def _ref(self, argument: Json) -> Json:
        name = str(argument)
        parameter = (self.template.get("Parameters") or {}).get(name)
        default = parameter.get("Default") if isinstance(parameter, dict) else None
        for known in (self.values.get(name), _PSEUDO.get(name), default):
            if known is not None:
                is_list = isinstance(parameter, dict) and "List" in str(parameter.get("Type"))
                return str(known).split(",") if is_list else str(known)
        properties = self.resource(name).get("Properties") or {}
        match self.resource(name).get("Type"):
            case "AWS::Lambda::Alias":
                return self._qualified(properties, self.text(properties.get("Name", "")))
            case "AWS::Lambda::Version":
                return self._qualified(properties, "")
            case "AWS::StepFunctions::StateMachine" | "AWS::Serverless::StateMachine":
                return _states_arn("stateMachine", self.names.get(name, name))
            case "AWS::StepFunctions::Activity":
                return _states_arn("activity", self.text(properties.get("Name", name)))
            case _:
                return self.names.get(name) or self.token(name)

    def _qualified(self, properties: JsonObject, qualifier: str) -> str:
        """The ARN of an alias, or of a version, which stands for the current function."""
        function = self.text(properties.get("FunctionName", ""))
        return lambda_arn(function.rpartition(":function:")[2].partition(":")[0], qualifier)

    def _get_att(self, argument: Json) -> Json:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if not isinstance(parts, list) or not parts:
            return self._unknown("GetAtt", argument)
        name, attribute = str(parts[0]), ".".join(map(str, parts[1:]))
        if f"{name}.{attribute}" in self.values:
            return self.values[f"{name}.{attribute}"]
        if self.resource(name).get("Type") in (*_MACHINE_TYPES, _ACTIVITY_TYPE):
            arn = str(self._ref(name))
            return arn.rpartition(":")[2] if attribute == "Name" else arn
        if name in self.names and attribute == "Arn":
            return lambda_arn(self.names[name])
        return self.token(f"{name}.{attribute}")

    def _sub(self, argument: Json) -> Json:
        text, own = argument, {}
        if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
            text, own = argument
        if not isinstance(text, str):
            return self._unknown("Sub", argument)

        def fill(found: "re.Match[str]") -> str:
            is_literal, name = found[1], found[2].strip()
            if is_literal:
                self.literals.add("${" + name + "}")
                return "${" + name + "}"
            if name in own:
                return self.text(own[name])
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _SUB.sub(fill, text)

    def _join(self, argument: Json) -> Json:
        if not (isinstance(argument, list) and len(argument) == 2):
            return self._unknown("Join", argument)
        parts = self.resolve(argument[1])
        if not isinstance(parts, list):
            return self._unknown("Join", argument)
        return str(argument[0]).join(
            part if isinstance(part, str) else to_text(part) for part in parts
        )

    def _select(self, argument: Json) -> Json:
        index, parts = self._pair(argument)
        if isinstance(parts, list) and str(index).isdigit() and int(index) < len(parts):
            return parts[int(index)]
        return self._unknown("Select", argument)

    def _split(self, argument: Json) -> Json:
        delimiter, text = self._pair(argument)
        if isinstance(text, str) and isinstance(delimiter, str) and delimiter:
            return text.split(delimiter)
        return self._unknown("Split", argument)

    def _find_in_map(self, argument: Json) -> Json:
        found: Json = self.template.get("Mappings")
        for key in self.resolve(argument) if isinstance(argument, list) else ():
            found = found.get(key) if isinstance(found, dict) and isinstance(key, str) else None
        return self._unknown("FindInMap", argument) if found is None else found

    def _to_json(self, argument: Json) -> Json:
        return to_text(self.resolve(argument))

    def _import(self, argument: Json) -> Json:
        name = self.text(argument)
        return self.values.get(name) or self.token(f"ImportValue {name}")

    def _if(self, argument: Json) -> Json:
        chosen = self._chosen({"Fn::If": argument})
        if chosen == {"Fn::If": argument}:
            name = argument[0] if isinstance(argument, list) and argument else ""
            return self.token(f"If {name}", to_text(argument))
        return self.resolve(chosen)

    def _condition(self, name: str, within: tuple[str, ...] = ()) -> bool | None:
        """Whether a condition holds, by ``values`` or else by the defaults of parameters."""
        answer = self.values.get(name, "").lower()
        if answer in ("true", "false"):
            return answer == "true"
        conditions = self.template.get("Conditions")
        if not isinstance(conditions, dict) or name in within:
            return None
        return self._holds(conditions.get(name), (*within, name))

    def _holds(self, condition: Json, within: tuple[str, ...]) -> bool | None:
        """Whether it holds; None if the template does not tell."""
        match condition:
            case {"Condition": str(name)}:
                return self._condition(name, within)
            case {"Fn::Equals": [left, right]}:
                texts = {self.text(left), self.text(right)}
                return None if any("${" in text for text in texts) else len(texts) == 1
            case {"Fn::Not": [inner]}:
                return _negated(self._holds(inner, within))
            case {"Fn::And": list(parts)}:
                return _negated(_any(_negated(self._holds(it, within)) for it in parts))
            case {"Fn::Or": list(parts)}:
                return _any(self._holds(it, within) for it in parts)
        return None

    def _pair(self, argument: Json) -> tuple[Json, Json]:
        found = self.resolve(argument)
        if isinstance(found, list) and len(found) == 2:
            return found[0], found[1]
        return None, None


_HANDLERS: Final[Mapping[str, Callable[[Resolver, Json], Json]]] = {
    "Ref": Resolver._ref,  # noqa: SLF001 -- a table of this class's own methods
    "Fn::GetAtt": Resolver._get_att,  # noqa: SLF001
    "Fn::Sub": Resolver._sub,  # noqa: SLF001
    "Fn::Join": Resolver._join,  # noqa: SLF001
    "Fn::Select": Resolver._select,  # noqa: SLF001
    "Fn::Split": Resolver._split,  # noqa: SLF001
    "Fn::FindInMap": Resolver._find_in_map,  # noqa: SLF001
    "Fn::ToJsonString": Resolver._to_json,  # noqa: SLF001
    "Fn::ImportValue": Resolver._import,  # noqa: SLF001
    "Fn::If": Resolver._if,  # noqa: SLF001
}


def _any(told: Iterable[bool | None]) -> bool | None:
    answers = set(told)
    return True if True in answers else None if None in answers else False


def _negated(told: bool | None) -> bool | None:  # noqa: FBT001 -- it is the value itself
    return None if told is None else not told


def _states_arn(kind: str, name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:{kind}:{name}"


def _glance(argument: Json) -> str:
    """The first texts of an argument, to recognise it."""
    return " ".join(_texts(argument))[:60].strip()


def _texts(argument: Json) -> Iterator[str]:
    if isinstance(argument, str):
        yield argument
    elif isinstance(argument, dict):
        yield from _texts(list(argument.values()))
    elif isinstance(argument, list):
        for item in argument:
            yield from _texts(item)


def is_function(resource: JsonObject) -> bool:
    """Whether the resource is a Lambda function."""
    return resource.get("Type") in _FUNCTION_TYPES


def is_machine(resource: JsonObject) -> bool:
    """Whether the resource is a state machine."""
    return resource.get("Type") in _MACHINE_TYPES
