"""Evaluates CloudFormation's functions (Ref, GetAtt, Sub, Join ...) as far as a template allows.

Pure. An unknown value becomes a token ``${Name}`` in the text, and is remembered as open.
"""

import re
from collections.abc import Callable, Mapping, Sequence
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
_SUB: Final = re.compile(r"\$\{(!?)([^${}]*)\}")
_UNSAFE: Final = re.compile(r"[^\w:.\-/ ]")


def lambda_arn(name: str, qualifier: str = "") -> str:
    """The ARN of a function of this name."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    return f"{arn}:{qualifier}" if qualifier else arn


@dataclass(slots=True)
class Resolver:
    """Resolves values of one template.

    ``open_tokens`` collects tokens of unknown values, ``literals`` texts that only look like one:
    ``${!Name}`` in a Sub. ``names`` are those of the functions, by logical id.
    """

    template: JsonObject
    names: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    open_tokens: set[str] = field(default_factory=set)
    literals: set[str] = field(default_factory=set)

    def resolve(self, value: Json) -> Json:
        """The value with every function of CloudFormation in it replaced."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((key, argument),) = value.items()
            if key in _HANDLERS:
                return _HANDLERS[key](self, argument)
            if key.startswith("Fn::"):
                return self.token(f"{key.removeprefix('Fn::')} {_glance(argument)}")
        return {key: self.resolve(item) for key, item in value.items()}

    def text(self, value: Json) -> str:
        """The resolved value as text; anything but a string becomes JSON."""
        found = self.resolve(value)
        return found if isinstance(found, str) else to_text(found)

    def token(self, name: str) -> str:
        """A token for a value that the template does not contain."""
        text = "${" + _UNSAFE.sub("", name).strip() + "}"
        self.open_tokens.add(text)
        return text

    def resource(self, logical_id: str) -> JsonObject:
        """The resource; empty if there is none."""
        resources = self.template.get("Resources")
        found = resources.get(logical_id) if isinstance(resources, dict) else None
        return found if isinstance(found, dict) else {}

    def _ref(self, argument: Json) -> Json:
        name = str(argument)
        parameter = (self.template.get("Parameters") or {}).get(name)
        default = parameter.get("Default") if isinstance(parameter, dict) else None
        for known in (self.values.get(name), _PSEUDO.get(name), default, self.names.get(name)):
            if known is not None:
                return str(known)
        properties = self.resource(name).get("Properties") or {}
        match self.resource(name).get("Type"):
            case "AWS::Lambda::Alias":
                return self._qualified(properties, self.text(properties.get("Name", "")))
            case "AWS::Lambda::Version":
                return self._qualified(properties, "")
            case "AWS::StepFunctions::StateMachine" | "AWS::Serverless::StateMachine":
                return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
            case _:
                return self.token(name)

    def _qualified(self, properties: JsonObject, qualifier: str) -> str:
        """The ARN of an alias, or of a version, which stands for the current function."""
        function = self.text(properties.get("FunctionName", ""))
        return lambda_arn(function.rpartition(":function:")[2].partition(":")[0], qualifier)

    def _get_att(self, argument: Json) -> Json:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if not isinstance(parts, list) or not parts:
            return self.token(f"GetAtt {_glance(argument)}")
        name, attribute = str(parts[0]), ".".join(map(str, parts[1:]))
        if name in self.names and attribute == "Arn":
            return lambda_arn(self.names[name])
        if f"{name}.{attribute}" in self.values:
            return self.values[f"{name}.{attribute}"]
        if self.resource(name).get("Type") in _MACHINE_TYPES and attribute == "Name":
            return name
        return self.token(f"{name}.{attribute}")

    def _sub(self, argument: Json) -> Json:
        text, own = argument, {}
        if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
            text, own = argument
        if not isinstance(text, str):
            return self.token(f"Sub {_glance(argument)}")

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
            return self.token(f"Join {_glance(argument)}")
        parts = self.resolve(argument[1])
        if not isinstance(parts, list):
            return self.token(f"Join {_glance(argument)}")
        return str(argument[0]).join(
            part if isinstance(part, str) else to_text(part) for part in parts
        )

    def _select(self, argument: Json) -> Json:
        index, parts = self._pair(argument)
        if isinstance(parts, list) and str(index).isdigit() and int(index) < len(parts):
            return parts[int(index)]
        return self.token(f"Select {_glance(argument)}")

    def _split(self, argument: Json) -> Json:
        delimiter, text = self._pair(argument)
        if isinstance(text, str) and isinstance(delimiter, str) and delimiter:
            return text.split(delimiter)
        return self.token(f"Split {_glance(argument)}")

    def _find_in_map(self, argument: Json) -> Json:
        found: Json = self.template.get("Mappings")
        for key in self.resolve(argument) if isinstance(argument, list) else ():
            found = found.get(key) if isinstance(found, dict) and isinstance(key, str) else None
        return self.token(f"FindInMap {_glance(argument)}") if found is None else found

    def _to_json(self, argument: Json) -> Json:
        return to_text(self.resolve(argument))

    def _import(self, argument: Json) -> Json:
        name = self.text(argument)
        return self.values.get(name) or self.token(f"ImportValue {name}")

    def _if(self, argument: Json) -> Json:
        """A template alone does not decide conditions; ``values`` may say true or false."""
        if not (isinstance(argument, list) and len(argument) == 3):
            return self.token(f"If {_glance(argument)}")
        answer = self.values.get(str(argument[0]), "").lower()
        if answer in ("true", "false"):
            return self.resolve(argument[1 if answer == "true" else 2])
        return self.token(f"If {argument[0]}")

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


def _glance(argument: Json) -> str:
    """The first texts of an argument, to recognise it."""
    if isinstance(argument, str):
        return argument[:60]
    if isinstance(argument, Sequence):
        return " ".join(item for item in argument if isinstance(item, str))[:60]
    return ""


def is_function(resource: JsonObject) -> bool:
    """Whether the resource is a Lambda function."""
    return resource.get("Type") in _FUNCTION_TYPES


def is_machine(resource: JsonObject) -> bool:
    """Whether the resource is a state machine."""
    return resource.get("Type") in _MACHINE_TYPES
