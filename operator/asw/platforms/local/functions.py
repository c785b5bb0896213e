"""A Function as this machine runs it: its files, its variables, or why it cannot run here. Pure.

Values of secrets are never kept: they are read from asw's own environment at each start.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, TypedDict

from asw.api.names import digest12
from asw.api.quantities import quantity
from asw.asl.values import Json, JsonObject
from asw.platforms.local.database import dump

if TYPE_CHECKING:  # models are slow to import, and the store needs none
    from asw.api.function import Function, FunctionSpec
    from asw.api.objects import OnLost
    from asw.api.pod_template import EnvSource
    from asw.api.pods import Variable

ConfigMaps = Mapping[str, Mapping[str, str]]
"""Data of ConfigMaps by object name, for those that are among the manifests."""


class Container(TypedDict):
    """What a container engine is told of a Function of runtime ``image``.

    ``memory`` is in bytes, ``cpus`` a decimal number, ``user`` is ``UID:GID``, ``pull`` the
    imagePullPolicy.
    """

    image: str
    command: list[str] | None
    args: list[str] | None
    pull: str | None
    memory: int | None
    cpus: str | None
    user: str
    is_read_only: bool


USER = 65532
"""User and group of a container that says nothing else, as on a cluster."""


class NotRunnable(Exception):
    """The function cannot be started on this machine; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFunction:
    """What a runtime process is started from.

    ``sources`` says where the value of each variable that is not known yet comes from.
    ``problem`` is set instead of files if this machine cannot run the function.
    """

    name: str
    runtime: str
    handler: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: int | None = None
    problem: str | None = None
    on_lost: "OnLost | None" = None
    container: Container | None = None

    def to_plain(self) -> Json:
        """The function as JSON values, for the store."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: JsonObject) -> "LocalFunction":
        """The inverse of ``to_plain``."""
        return cls(**plain)

    def digest(self) -> str:
        """Equal for functions that one runtime process may serve."""
        return digest12(dump(self.to_plain()))


def to_local(function: "Function", config_maps: ConfigMaps) -> LocalFunction:
    """The function as this machine runs it, with its ConfigMaps resolved."""
    name, spec = function.public_name, function.spec
    container = container_of(spec) if spec.code is None and spec.image is not None else None
    files, problem = ({}, None) if container else _files(function, config_maps)
    variables, sources = _variables(spec.env, config_maps)
    variables = {**_of_maps(spec.env_from, config_maps), **variables}
    return LocalFunction(
        name=name,
        runtime=spec.runtime,
        handler=function.handler or "",
        files=files,
        variables=variables,
        sources=sources,
        timeout_seconds=spec.timeout_seconds,
        problem=problem,
        on_lost=spec.on_lost,
        container=container,
    )


def container_of(spec: "FunctionSpec") -> Container:
    """What an engine is told; of the security context, user, group and a read-only root count."""
    security = spec.security_context or {}
    user = security.get("runAsUser", USER)
    limits = {} if spec.resources is None else spec.resources.limits
    memory, cpus = limits.get("memory"), limits.get("cpu")
    return Container(
        image=spec.image or "",
        command=None if spec.command is None else list(spec.command),
        args=None if spec.args is None else list(spec.args),
        pull=spec.image_pull_policy,
        memory=None if memory is None else int(quantity(memory)),
        cpus=None if cpus is None else f"{quantity(cpus).normalize():f}",
        user=f"{user}:{security.get('runAsGroup', USER)}",
        is_read_only=bool(security.get("readOnlyRootFilesystem")),
    )


def variables_of(function: LocalFunction, environ: Mapping[str, str]) -> dict[str, str]:
    """All variables, those from Secrets taken from asw's environment. Raises NotRunnable."""
    if function.problem is not None:
        raise NotRunnable(function.problem)
    for name, source in function.sources.items():
        if name not in environ:
            raise NotRunnable(
                f"variable {name} of function {function.name} comes from {source}:"
                f" set {name} in the environment of asw"
            )
    return {**function.variables, **{name: environ[name] for name in function.sources}}


def _files(function: "Function", config_maps: ConfigMaps) -> tuple[Mapping[str, str], str | None]:
    code = function.spec.code
    assert code is not None
    packages = function.spec.packages
    lock = {} if packages is None else packages.files
    if code.inline is not None:
        return {**code.inline, **lock}, None
    missing = next((it.name for it in code.maps if it.name not in config_maps), None)
    if missing is not None:
        problem = (
            f"code of function {function.public_name} is in ConfigMap {missing}:"
            " add its manifest to the path"
        )
        return {}, problem
    return {**code.files(config_maps), **lock}, None


def _of_maps(sources: "tuple[EnvSource, ...]", config_maps: ConfigMaps) -> dict[str, str]:
    """All keys of the ConfigMaps that are known; those of Secrets are nowhere on this machine."""
    return {
        f"{source.prefix or ''}{key}": value
        for source in sources
        if source.config_map_ref is not None
        for key, value in config_maps.get(source.config_map_ref.name, {}).items()
    }


def _variables(
    env: "tuple[Variable, ...]", config_maps: ConfigMaps
) -> tuple[dict[str, str], dict[str, str]]:
    """The known values, and where the others come from."""
    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    for variable in env:
        if variable.value_from is None:
            values[variable.name] = variable.value or ""
            continue
        in_map = variable.value_from.config_map_key_ref
        reference = in_map or variable.value_from.secret_key_ref
        assert reference is not None  # one of the two, by the model
        found = config_maps.get(reference.name, {}).get(reference.key) if in_map else None
        if found is not None:
            values[variable.name] = found
        elif not reference.optional:
            kind = "ConfigMap" if in_map else "Secret"
            sources[variable.name] = f"{kind} {reference.name}, key {reference.key}"
    return values, sources
