"""Which operation of which service a call means, by botocore's models.

Nothing is known of a single service here but what the models do not say: under which names
optimized integrations and their errors go.
"""

import gzip
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import botocore
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from asw.asl.values import Json
from asw.connector import naming
from asw.connector.calls import Call
from asw.connector.shaping import instant_millis, instant_text

MODELS_KEPT: Final = 16
"""How many services' models stay in memory: one of EC2 alone takes 30 MB."""

_SERVICE_ID: Final = re.compile(r'"serviceId"\s*:\s*"([^"]+)"')
_HEAD_CHARACTERS: Final = 4000
"""The id is in the metadata at the start of the file."""
_EVENT_STREAM: Final = "answers with a stream of events, which no result can hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How results and errors of an integration are spelt.

    ``prefix`` starts its error names. ``label`` names the service in causes of optimized
    integrations, which come from version 1 of the SDK; None for ``aws-sdk:``.
    """

    prefix: str
    label: str | None = None

    def member(self, name: str) -> str:
        """A member of a result."""
        return naming.member_name(name) if self.label is None else naming.legacy_member_name(name)

    def instant(self, at: datetime) -> Json:
        """An instant of a result."""
        return instant_text(at) if self.label is None else instant_millis(at)

    @property
    def general_error(self) -> str:
        """The name of errors that the model does not know."""
        if self.label is None:
            return f"{self.prefix}.{self.prefix}Exception"
        return f"{self.prefix}.{re.sub(r'v[0-9]+$', '', self.label)}Exception"


@dataclass(frozen=True, slots=True)
class _Optimized:
    service: str
    """The name of the service in ``aws-sdk:`` Resources."""
    dialect: Dialect


def _optimized(service: str, prefix: str, label: str) -> _Optimized:
    return _Optimized(service, Dialect(prefix=prefix, label=label))


_BEDROCK_RUNTIME: Final = _optimized("bedrockruntime", "Bedrock", "AmazonBedrockRuntime")

OPTIMIZED: Final[Mapping[str, _Optimized]] = {
    "athena": _optimized("athena", "Athena", "AmazonAthena"),
    "batch": _optimized("batch", "Batch", "AWSBatch"),
    "bedrock": _optimized("bedrock", "Bedrock", "AmazonBedrock"),
    "bedrock:invokeModel": _BEDROCK_RUNTIME,
    "codebuild": _optimized("codebuild", "CodeBuild", "AWSCodeBuild"),
    "databrew": _optimized("databrew", "DataBrew", "AWSGlueDataBrew"),
    "dynamodb": _optimized("dynamodb", "DynamoDB", "AmazonDynamoDBv2"),
    "ecs": _optimized("ecs", "ECS", "AmazonECS"),
    "eks": _optimized("eks", "EKS", "AmazonEKS"),
    "elasticmapreduce": _optimized("emr", "ElasticMapReduce", "AmazonElasticMapReduce"),
    "emr-containers": _optimized("emrcontainers", "EMRContainers", "AmazonEMRContainers"),
    "emr-serverless": _optimized("emrserverless", "EMRServerless", "AWSEMRServerless"),
    "events": _optimized("eventbridge", "EventBridge", "AmazonEventBridge"),
    "glue": _optimized("glue", "Glue", "AWSGlue"),
    "lambda": _optimized("lambda", "Lambda", "AWSLambda"),
    "mediaconvert": _optimized("mediaconvert", "MediaConvert", "AWSMediaConvert"),
    "sagemaker": _optimized("sagemaker", "SageMaker", "AmazonSageMaker"),
    "sns": _optimized("sns", "SNS", "AmazonSNS"),
    "sqs": _optimized("sqs", "SQS", "AmazonSQS"),
    "states": _optimized("sfn", "StepFunctions", "AWSStepFunctions"),
}
"""Optimized integrations by service, or by service and action where these differ.

Prefixes and labels of dynamodb, events, lambda, sns, sqs and states are as recorded from AWS.
"""


_ACTIONS: Final[Mapping[str, str]] = {
    "elasticmapreduce:addStep": "addJobFlowSteps",
    "elasticmapreduce:cancelStep": "cancelSteps",
    "elasticmapreduce:createCluster": "runJobFlow",
    "elasticmapreduce:setClusterTerminationProtection": "setTerminationProtection",
    "elasticmapreduce:terminateCluster": "terminateJobFlows",
}
"""Actions of optimized integrations that the service's API has by another name."""


class UnknownCall(Exception):
    """No model has this service or action; the message names it and what is likely meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a call means: ``folder`` is botocore's name of the service."""

    folder: str
    model: OperationModel
    dialect: Dialect

    @property
    def service_model(self) -> ServiceModel:
        """The model of the whole service."""
        return self.model.service_model


def operation_of(call: Call) -> Operation:
    """The operation that the call means. Raises UnknownCall.

    The first time it reads the service's model, which may take a second: see ``is_at_hand``.
    """
    service, dialect = _named(call)
    folder = folders().get(service)
    if folder is None:
        raise UnknownCall(f"AWS has no service {service}")
    known = _service(folder)
    action = call.action if call.sdk else _ACTIONS.get(f"{call.service}:{call.action}", call.action)
    name = known.actions.get(action)
    if name is None:
        raise UnknownCall(f"the service {service} has no action {call.action}")
    model = known.model.operation_model(name)
    if model.has_event_stream_output or model.has_event_stream_input:
        raise UnknownCall(f"the action {call.action} of {service} {_EVENT_STREAM}")
    own = Dialect(prefix=naming.service_name(known.model.service_id))
    return Operation(folder=folder, model=model, dialect=dialect or own)


def is_at_hand(call: Call) -> bool:
    """Whether ``operation_of`` answers without reading a file."""
    if folders.cache_info().currsize == 0:
        return False
    try:
        service, _ = _named(call)
    except UnknownCall:
        return True
    folder = folders().get(service)
    return folder is None or folder in _kept


def _named(call: Call) -> tuple[str, Dialect | None]:
    """The service's name in ``aws-sdk:`` Resources, and how an integration of it is spelt."""
    if call.sdk:
        return call.service, None
    found = OPTIMIZED.get(f"{call.service}:{call.action}") or OPTIMIZED.get(call.service)
    if found is None:
        raise UnknownCall(f"{call.service} is no optimized integration that can be called")
    return found.service, found.dialect


@dataclass(frozen=True, slots=True)
class _Service:
    model: ServiceModel
    actions: Mapping[str, str]


_kept: Final[OrderedDict[str, _Service]] = OrderedDict()
"""By folder, the one that was read last at the end. A thread may add to it."""


def _service(folder: str) -> _Service:
    known = _kept.get(folder)
    if known is None:
        model = ServiceModel(Loader().load_service_model(folder, "service-2"), folder)
        known = _Service(model, {naming.camel(name): name for name in model.operation_names})
        _kept[folder] = known
        if len(_kept) > MODELS_KEPT:
            _kept.popitem(last=False)
    return known


@cache
def folders() -> Mapping[str, str]:
    """Botocore's folder of each service, by the service's name in ``aws-sdk:`` Resources."""
    data = Path(botocore.__file__).with_name("data")
    newest = {path.parent.parent.name: path for path in sorted(data.glob("*/*/service-2.json.gz"))}
    return {naming.service_name(_service_id(it)).lower(): name for name, it in newest.items()}


def _service_id(path: Path) -> str:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        found = _SERVICE_ID.search(text.read(_HEAD_CHARACTERS))
    return found[1] if found else path.parent.parent.name
