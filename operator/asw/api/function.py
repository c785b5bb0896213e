"""The Function: code and a runtime, or an image, that Task states call by name."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator

from asw.api.conditions import Condition, Conditions
from asw.api.names import CONDITION_READY
from asw.api.objects import (
    ATOMIC_LIST,
    ATOMIC_OBJECT,
    SAME_NAME,
    CustomResource,
    ObjectName,
    OnLost,
    Part,
    PublicName,
    Quantity,
    Shown,
    rule,
    rules,
)
from asw.api.pods import NodeSelector, PullSecrets, Reference, Resources, Tolerations, Variables

Runtime = Literal["python3", "shell", "image"]

DEFAULT_HANDLERS: Mapping[str, str] = {"python3": "index.main_handler", "shell": "index.sh"}
"""Handler of a Function that names none, by runtime."""

LONGEST_TIMEOUT = 31_536_000
"""AWS: a task may take a year."""

ONE_CODE = "set exactly one of code.inline and code.configMapRef"
NEEDS_IMAGE = "runtime image needs spec.image"
NEEDS_CODE = "runtimes python3 and shell need spec.code"
ONLY_IMAGE = "spec.image, spec.command and spec.args go with runtime image only"
ONLY_CODE = "spec.code and spec.handler do not go with runtime image"
FILE_NAMES = "names of files in code.inline are letters, digits, dots, dashes and underscores"

_FILE_NAME = r"^[-._a-zA-Z0-9]+$"
_Argument: TypeAlias = Annotated[str, Field(max_length=32768)]
_Arguments: TypeAlias = Annotated[
    tuple[_Argument, ...], Field(max_length=256, json_schema_extra={**ATOMIC_LIST})
]


class Code(Part):
    """The source files of a Function."""

    model_config = rules(
        rule("has(self.inline) != has(self.configMapRef)", ONE_CODE),
        rule(f"!has(self.inline) || self.inline.all(n, n.matches('{_FILE_NAME}'))", FILE_NAMES),
    )

    inline: (
        Mapping[
            Annotated[str, Field(max_length=253, pattern=_FILE_NAME)],
            Annotated[str, Field(max_length=1_048_576)],
        ]
        | None
    ) = Field(default=None, min_length=1, max_length=64)
    """The files themselves: name and text, such as index.py."""

    config_map_ref: Reference | None = None
    """A ConfigMap of the namespace; its keys are the names of the files."""

    @model_validator(mode="after")
    def _has_one_source(self) -> "Code":
        if (self.inline is None) == (self.config_map_ref is None):
            raise ValueError(ONE_CODE)
        return self


class FunctionSpec(Part):
    """The code, and how it is run."""

    model_config = rules(
        rule("self.runtime != 'image' || has(self.image)", NEEDS_IMAGE, ".image"),
        rule("self.runtime == 'image' || has(self.code)", NEEDS_CODE, ".code"),
        rule(
            "self.runtime == 'image' || !(has(self.image) || has(self.command) || has(self.args))",
            ONLY_IMAGE,
            ".image",
        ),
        rule(
            "self.runtime != 'image' || !(has(self.code) || has(self.handler))",
            ONLY_CODE,
            ".code",
        ),
    )

    name: PublicName | None = None
    """Name that definitions call the Function by, where metadata.name cannot spell it: up to 80
    characters, such as Resize_Image. Immutable. Default: metadata.name."""

    runtime: Runtime
    """What runs the code: python3, shell, or image for an image that brings its own."""

    handler: str | None = Field(default=None, min_length=1, max_length=128)
    """Where the code starts: index.main_handler for python3 (file index.py, function main_handler),
    index.sh for shell; these are the defaults."""

    code: Code | None = None
    """The source files; with runtimes python3 and shell."""

    image: str | None = Field(default=None, min_length=1, max_length=1024)
    """The image; with runtime image. It finds its event and leaves its result as the reference of
    the task contract says."""

    command: _Arguments | None = None
    """Entry point of the container, instead of the image's; with runtime image."""

    args: _Arguments | None = None
    """Arguments of the entry point, instead of the image's; with runtime image."""

    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When the image is pulled. Default: as Kubernetes has it."""

    image_pull_secrets: PullSecrets = ()
    """Secrets of the namespace with credentials for the image."""

    env: Variables = ()
    """Environment variables; Secrets by reference, but for those with tokens."""

    resources: Resources | None = None
    """Compute resources of the container."""

    timeout_seconds: int | None = Field(default=None, ge=1, le=LONGEST_TIMEOUT, strict=True)
    """How long one call may take. Default: as long as its Task state allows."""

    on_lost: OnLost | None = None
    """What becomes of a call that is lost once it may have begun: its pod, its node or its result
    went away. Retry: it is started anew, a few times, once nothing of it runs or its node counts as
    lost; so it may run more than once, and the last try to the end. Fail: its state fails with the
    kind of loss, such as Asw.NodeLost; so asw starts it once, unless a Retry of the state takes
    that error. Default: as the Workflow says, else Retry."""

    scratch_size: Quantity | None = None
    """Size of a writable, empty folder at /tmp, such as 1Gi. Default: none, which starts faster."""

    service_account_name: ObjectName | None = None
    """Account that the pods run as; its token is not mounted. Default: default."""

    security_context: Mapping[str, Any] | None = Field(
        default=None, json_schema_extra={**ATOMIC_OBJECT}
    )
    """Security context of the container, as in a Pod; its fields win over ours, as far as
    functionPolicy of the operator allows."""

    node_selector: NodeSelector = Field(default_factory=dict)
    """Labels of the nodes that the pods may run on."""

    tolerations: Tolerations = ()
    """Taints of nodes that the pods put up with."""

    @model_validator(mode="after")
    def _fits_its_runtime(self) -> "FunctionSpec":
        is_image = self.runtime == "image"
        has_image = self.image is not None
        has_code = self.code is not None
        broken = {
            NEEDS_IMAGE: is_image and not has_image,
            ONLY_CODE: is_image and (has_code or self.handler is not None),
            NEEDS_CODE: not is_image and not has_code,
            ONLY_IMAGE: not is_image
            and (has_image or self.command is not None or self.args is not None),
        }
        if found := [message for message, is_broken in broken.items() if is_broken]:
            raise ValueError("; ".join(found))
        return self


class FunctionStatus(Shown):
    """What the operator found out about the Function."""

    observed_generation: int = -1
    """The metadata.generation that this status describes; -1 before the first look."""

    conditions: Conditions = ()
    """Ready: Task states may call it. Reconciling, Stalled: what kstatus reads."""

    code_ref: str | None = Field(default=None, max_length=253)
    """Name of the ConfigMap that the code is run from."""


class Function(CustomResource):
    """Code that Task states call by name."""

    kind: ClassVar[str] = "Function"
    plural: ClassVar[str] = "functions"
    short_name: ClassVar[str] = "fn"

    model_config = rules(SAME_NAME)

    spec: FunctionSpec
    """The code, and how it is run."""

    status: FunctionStatus = Field(default_factory=FunctionStatus)
    """What the operator found out about the Function."""

    @property
    def public_name(self) -> str:
        """The name that definitions call it by."""
        return self.spec.name or self.metadata.name

    @property
    def ready(self) -> Condition | None:
        """The condition Ready, of this generation or an earlier one; None before the first look."""
        return next((it for it in self.status.conditions if it.type == CONDITION_READY), None)

    def is_said_to_be(self, status: Literal["True", "False"]) -> bool:
        """Whether its condition Ready says so, and of this very generation."""
        ready, generation = self.ready, self.metadata.generation
        return ready is not None and (ready.status, ready.observed_generation) == (
            status,
            generation,
        )

    @property
    def handler(self) -> str | None:
        """Where the code starts, the runtime's default filled in; None for an image."""
        return self.spec.handler or DEFAULT_HANDLERS.get(self.spec.runtime)
