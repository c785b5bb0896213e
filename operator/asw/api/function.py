"""The Function: code with a runtime, or an image, that Task states call by name."""

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
from asw.api.packages import ONLY_NODEJS, ONLY_OUR_IMAGES, ONLY_PYTHON, Packages
from asw.api.pod_template import EnvSources, PodTemplate, TokenRequest
from asw.api.pods import (
    Key,
    NodeSelector,
    PullSecrets,
    Reference,
    Resources,
    Tolerations,
    Variables,
)
from asw.api.warm import Warm, WarmStatus

Runtime = Literal["python3", "python3.11", "python3.13", "nodejs", "shell", "image"]
Mode: TypeAlias = Literal["Job", "Warm"]

PYTHONS: Mapping[str, str] = {"python3": "3.11", "python3.11": "3.11", "python3.13": "3.13"}
"""The version of Python, by runtime; python3 is the one that we choose."""

DEFAULT_HANDLERS: Mapping[str, str] = {
    **dict.fromkeys((*PYTHONS, "nodejs"), "index.main_handler"),
    "shell": "index.sh",
}
"""The default handler, by runtime."""

DEFAULT_TAIL_BYTES = 64 * 1024
MOST_TAIL_BYTES = 256 * 1024
LONGEST_TIMEOUT = 31_536_000
"""AWS: a task may take a year."""

ONE_CODE = "set exactly one of code.inline, code.configMapRef and code.configMapRefs"
PATH_IS_LOCAL = (
    "code.path is a folder that only asw itself reads: use asw apply, or commit what asw build "
    "renders"
)
NEEDS_IMAGE = "runtime image needs spec.image"
NEEDS_CODE = "each runtime but image needs spec.code, or spec.image with the code in /var/task"
ONLY_IMAGE = "spec.command and spec.args are only for runtime image"
ONLY_CODE = "spec.code and spec.handler are not for runtime image"
ONLY_WARM = "spec.warm is only for mode Warm"
FILE_NAMES = (
    "names of files are letters, digits, dots, dashes and underscores, with / for folders, as in "
    "lib/rules.py"
)

_FILE_PART = r"\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]*"
FILE_NAME = rf"^{_FILE_PART}(/{_FILE_PART})*$"
"""The path of a file within the code; none leads out of it."""
MOST_INLINE_FILES = 256
MOST_CODE_MAPS = 8
MOST_FILES_A_MAP = 256
"""Bounds of code in ConfigMaps: 3 MiB in ConfigMaps of 1 MiB need no more, if packed well."""
_Argument: TypeAlias = Annotated[str, Field(max_length=32768)]
_FileName: TypeAlias = Annotated[str, Field(max_length=253, pattern=FILE_NAME)]
_CEL_FILE_NAME = FILE_NAME.replace("\\", "\\\\")
_Arguments: TypeAlias = Annotated[
    tuple[_Argument, ...], Field(max_length=256, json_schema_extra={**ATOMIC_LIST})
]


class CodeItem(Part):
    """A key of a ConfigMap that is a file of the code."""

    key: Key
    """The key in its data."""

    path: _FileName
    """The path of the file in the code, such as lib/rules.py."""


class CodeMap(Reference):
    """A ConfigMap that holds files of the code."""

    items: Annotated[
        tuple[CodeItem, ...],
        Field(max_length=MOST_FILES_A_MAP, json_schema_extra={**ATOMIC_LIST}),
    ] = ()
    """Its keys that are files, each with its path. Default: every key is a file of that name."""

    def files(self, data: Mapping[str, str]) -> dict[str, str]:
        """The files by path; keys that the data lack are left out."""
        if not self.items:
            return dict(data)
        return {item.path: data[item.key] for item in self.items if item.key in data}


class Code(Part):
    """The source files of a Function."""

    model_config = rules(
        rule("!has(self.path)", PATH_IS_LOCAL, ".path"),
        rule(
            "has(self.path) || [has(self.inline), has(self.configMapRef), has(self.configMapRefs)]"
            ".exists_one(is_set, is_set)",
            ONE_CODE,
        ),
        rule(f"!has(self.inline) || self.inline.all(n, n.matches('{_CEL_FILE_NAME}'))", FILE_NAMES),
    )

    path: str | None = Field(default=None, min_length=1, max_length=1024)
    """A folder with the files, relative to the manifest's own file. Only for the asw command, which
    replaces it with the files themselves; the API server refuses it."""

    inline: Mapping[_FileName, Annotated[str, Field(max_length=1_048_576)]] | None = Field(
        default=None, min_length=1, max_length=MOST_INLINE_FILES
    )
    """The files: path, such as index.py or lib/rules.py, and text."""

    config_map_ref: Reference | None = None
    """A ConfigMap in the namespace; its keys are the names of the files."""

    config_map_refs: Annotated[
        tuple[CodeMap, ...] | None, Field(json_schema_extra={**ATOMIC_LIST})
    ] = Field(default=None, min_length=1, max_length=MOST_CODE_MAPS)
    """ConfigMaps in the namespace that hold the files together, if one is too small for them."""

    @model_validator(mode="after")
    def _has_one_source(self) -> "Code":
        if self.path is not None:
            raise ValueError(PATH_IS_LOCAL)
        sources = (self.inline, self.config_map_ref, self.config_map_refs)
        if sum(source is not None for source in sources) != 1:
            raise ValueError(ONE_CODE)
        return self

    @property
    def maps(self) -> tuple[CodeMap, ...]:
        """The ConfigMaps that hold the files; none for inline code."""
        if self.config_map_ref is not None:
            return (CodeMap(name=self.config_map_ref.name),)
        return self.config_map_refs or ()

    def files(self, config_maps: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """The files by path; ``config_maps`` has the data of those that hold them, by name."""
        found = dict(self.inline or {})
        for each in self.maps:
            found |= each.files(config_maps[each.name])
        return found


class Logs(Part):
    """What is kept of what calls print."""

    tail_bytes: int = Field(default=DEFAULT_TAIL_BYTES, ge=0, le=MOST_TAIL_BYTES, strict=True)
    """How many bytes of the end of each call's log the operator's archive keeps, if it has one,
    counted with the time of each line. 0: none; at most 262144. Default: 65536."""


class FunctionSpec(Part):
    """The code, and how to run it."""

    model_config = rules(
        rule("self.runtime != 'image' || has(self.image)", NEEDS_IMAGE, ".image"),
        rule("self.runtime == 'image' || has(self.code) || has(self.image)", NEEDS_CODE, ".code"),
        rule(
            "self.runtime == 'image' || !(has(self.command) || has(self.args))",
            ONLY_IMAGE,
            ".command",
        ),
        rule("self.mode == 'Warm' || !has(self.warm)", ONLY_WARM, ".warm"),
        rule(
            "!has(self.packages) || has(self.packages.packageLock)"
            " || self.runtime.startsWith('python')",
            ONLY_PYTHON,
            ".packages",
        ),
        rule(
            "!has(self.packages) || !has(self.packages.packageLock) || self.runtime == 'nodejs'",
            ONLY_NODEJS,
            ".packages",
        ),
        rule("!has(self.packages) || !has(self.image)", ONLY_OUR_IMAGES, ".packages"),
        rule(
            "self.runtime != 'image' || !(has(self.code) || has(self.handler))",
            ONLY_CODE,
            ".code",
        ),
    )

    name: PublicName | None = None
    """The name by which definitions call the Function, if metadata.name cannot spell it: up to 80
    characters, such as Resize_Image. Immutable. Default: metadata.name."""

    runtime: Runtime
    """What runs the code: python3.11, python3.13, or python3 for the one that asw chooses (3.11);
    nodejs (22); shell; or image for an image that contains its own code."""

    handler: str | None = Field(default=None, min_length=1, max_length=128)
    """Where the code starts. Default: index.main_handler for Python and Node.js (function
    main_handler in index.py; in index.js, index.mjs or index.cjs), index.sh for shell."""

    code: Code | None = None
    """The source files, for each runtime but image. Default: those in /var/task of spec.image."""

    packages: Packages | None = None
    """Packages that the cluster installs once, from the index that its operator names, for Python
    and Node.js. Default: those of the image."""

    image: str | None = Field(default=None, min_length=1, max_length=1024)
    """The image. For runtime image: it finds its event and leaves its result as described in the
    reference of the task contract. For the other runtimes: an image built from theirs, such as one
    with more packages. Default: the runtime's."""

    command: _Arguments | None = None
    """Entry point of the container instead of the image's, for runtime image."""

    args: _Arguments | None = None
    """Arguments of the entry point instead of the image's, for runtime image."""

    mode: Mode = "Job"
    """Where calls run. Job: each in a pod of its own. Warm: in pods that stay, which spares
    each call the start of a pod; global variables and temporary files survive
    from call to call. Default: Job."""

    warm: Warm | None = None
    """The pods of mode Warm. Default: as its fields say."""

    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When the image is pulled. Default: as in Kubernetes."""

    image_pull_secrets: PullSecrets = ()
    """Secrets in the namespace with credentials for the image."""

    env: Variables = ()
    """Environment variables; values from Secrets by reference, except Secrets with tokens."""

    env_from: EnvSources = ()
    """Secrets and ConfigMaps whose keys become environment variables; env wins."""

    resources: Resources | None = None
    """Compute resources of the container."""

    timeout_seconds: int | None = Field(default=None, ge=1, le=LONGEST_TIMEOUT, strict=True)
    """The longest duration of one call. Default: as long as its Task state allows."""

    start_timeout_seconds: int | None = Field(default=None, ge=1, le=LONGEST_TIMEOUT, strict=True)
    """How long a call may wait for its pod to start before it fails; waiting for Kueue or for an
    autoscaler does not count. Default: as the Workflow or the operator's settings say."""

    on_lost: OnLost | None = None
    """What happens to a call that is lost after it may have begun, because its pod, node or result
    disappeared. Retry: it is started again, a few times, once nothing of it runs or its node counts
    as lost; so it may run more than once, the last time to its end. Fail: its state fails with the
    kind of loss, such as Asw.NodeLost; so asw starts it only once, unless a Retry of the state
    takes that error. Default: as the Workflow says, or else Retry."""

    logs: Logs | None = None
    """What the archive keeps of what calls of mode Job print. Default: as its fields say."""

    scratch_size: Quantity | None = None
    """Size of a writable empty folder at /tmp, such as 1Gi. Default: no folder, which starts
    faster."""

    service_account_name: ObjectName | None = None
    """Service account of the pods; its token is not mounted, unless serviceAccountToken asks for
    one. Default: default."""

    service_account_token: TokenRequest | None = None
    """A token of the account, as a file in the container, if the operator's functionPolicy allows
    its audience. Default: none."""

    security_context: Mapping[str, Any] | None = Field(
        default=None, json_schema_extra={**ATOMIC_OBJECT}
    )
    """Security context of the container, as in a Pod; its fields override ours, as far as the
    operator's functionPolicy allows."""

    node_selector: NodeSelector = Field(default_factory=dict)
    """Labels of the nodes that the pods may run on."""

    tolerations: Tolerations = ()
    """Taints of nodes that the pods tolerate."""

    priority_class_name: ObjectName | None = None
    """PriorityClass of the pods, other than those of the system (system-...)."""

    pod_template: PodTemplate | None = None
    """What the pods have besides: volumes, sidecars, affinity, labels. It is merged over that of
    the Workflow's taskTemplate."""

    @model_validator(mode="after")
    def _fits_its_runtime(self) -> "FunctionSpec":
        is_image = self.runtime == "image"
        has_image = self.image is not None
        has_code = self.code is not None
        broken = {
            NEEDS_IMAGE: is_image and not has_image,
            ONLY_CODE: is_image and (has_code or self.handler is not None),
            NEEDS_CODE: not is_image and not has_code and not has_image,
            ONLY_WARM: self.mode != "Warm" and self.warm is not None,
            ONLY_PYTHON: self._has_lock("requirements") and self.runtime not in PYTHONS,
            ONLY_NODEJS: self._has_lock("package_lock") and self.runtime != "nodejs",
            ONLY_OUR_IMAGES: self.packages is not None and has_image,
            ONLY_IMAGE: not is_image and (self.command is not None or self.args is not None),
        }
        if found := [message for message, is_broken in broken.items() if is_broken]:
            raise ValueError("; ".join(found))
        return self

    def _has_lock(self, field: str) -> bool:
        return self.packages is not None and getattr(self.packages, field) is not None


class FunctionStatus(Shown):
    """What the operator found out about the Function."""

    observed_generation: int = -1
    """The metadata.generation that this status describes; -1 before the first one."""

    conditions: Conditions = ()
    """Ready: Task states may call it. Reconciling, Stalled: for kstatus."""

    code_ref: str | None = Field(default=None, max_length=253)
    """Name of the ConfigMap with the code that runs."""

    packages_ref: str | None = Field(default=None, max_length=253)
    """Name of the environment with the packages that tasks use."""

    warm: WarmStatus | None = None
    """The pods of mode Warm."""


class Function(CustomResource):
    """Code that Task states call by name."""

    kind: ClassVar[str] = "Function"
    plural: ClassVar[str] = "functions"
    short_name: ClassVar[str] = "fn"

    model_config = rules(SAME_NAME)

    spec: FunctionSpec
    """The code, and how to run it."""

    status: FunctionStatus = Field(default_factory=FunctionStatus)
    """What the operator found out about the Function."""

    @property
    def public_name(self) -> str:
        """The name by which definitions call it."""
        return self.spec.name or self.metadata.name

    @property
    def ready(self) -> Condition | None:
        """The condition Ready of this generation or an earlier one; None if there is none yet."""
        return next((it for it in self.status.conditions if it.type == CONDITION_READY), None)

    def is_said_to_be(self, status: Literal["True", "False"]) -> bool:
        """Whether its condition Ready has this status for the current generation."""
        ready, generation = self.ready, self.metadata.generation
        return ready is not None and (ready.status, ready.observed_generation) == (
            status,
            generation,
        )

    @property
    def handler(self) -> str | None:
        """Where the code starts, with the runtime's default filled in; None for an image."""
        return self.spec.handler or DEFAULT_HANDLERS.get(self.spec.runtime)
