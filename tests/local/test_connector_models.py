"""All services and operations that botocore knows, thousands of them, by the same few rules."""

import re
from collections import Counter

from botocore.loaders import Loader
from botocore.model import ServiceModel, StructureShape

from asw.asl.integrations import INTEGRATIONS
from asw.connector import naming
from asw.connector.calls import Call
from asw.connector.services import OPTIMIZED, UnknownCall, folders, operation_of
from asw.connector.tokens import token_of

RESOURCE = re.compile(r"aws-sdk:[a-z0-9-]+:[a-z][A-Za-z0-9]*")
NOT_OF_SERVICES = {
    # Step Functions' own: HTTP, Kubernetes, and shorter forms of EMR's actions
    "apigateway:invoke",
    "http:invoke",
    "eks:call",
    "eks:runJob",
    "elasticmapreduce:addStep",
    "elasticmapreduce:cancelStep",
    "elasticmapreduce:createCluster",
    "elasticmapreduce:modifyInstanceFleetByName",
    "elasticmapreduce:modifyInstanceGroupByName",
    "elasticmapreduce:setClusterTerminationProtection",
    "elasticmapreduce:terminateCluster",
}


def test_names_of_every_operation_go_there_and_back():
    """Each operation has one Resource, each member one name, and both lead back to the model."""
    operations = 0
    for service, folder in folders().items():
        model = ServiceModel(Loader().load_service_model(folder, "service-2"), folder)
        actions = Counter(naming.camel(name) for name in model.operation_names)
        operations += len(actions)
        assert actions.most_common(1)[0][1] == 1, service
        assert all(RESOURCE.fullmatch(f"aws-sdk:{service}:{action}") for action in actions)
        for shape in map(model.shape_for, model.shape_names):
            if isinstance(shape, StructureShape) and shape.members:
                spelt = Counter(naming.member_name(name) for name in shape.members)
                assert spelt.most_common(1)[0][1] == 1, (service, shape.name)
        for shape in model.error_shapes:
            assert naming.exception_name(shape.name).endswith("Exception")
    assert operations > 17_000


def test_our_token_fits_every_service():
    """A service that takes a token takes ours: its length and its letters are allowed."""
    call = Call(service="s", action="a", sdk=True, parameters={}, task_id="uid-1")
    token, members = token_of(call), 0
    for folder in folders().values():
        model = ServiceModel(Loader().load_service_model(folder, "service-2"), folder)
        for operation in map(model.operation_model, model.operation_names):
            for name in operation.idempotent_members:
                bounds = operation.input_shape.members[name].metadata
                members += 1
                assert bounds.get("min", 0) <= len(token) <= bounds.get("max", len(token)), (
                    folder,
                    operation.name,
                )
    assert members > 1_000


def test_every_optimized_integration_is_an_operation():
    """What AWS's guide lists can be called, but for what is no operation of a service."""
    unknown = set()
    for name in {it.partition(".")[0] for it in INTEGRATIONS}:
        service, _, action = name.partition(":")
        call = Call(service=service, action=action, sdk=False, parameters={}, task_id="uid-1")
        try:
            operation_of(call)
        except UnknownCall:
            unknown.add(name)
    assert unknown == NOT_OF_SERVICES
    assert OPTIMIZED.keys() >= {"dynamodb", "sqs", "sns", "events", "lambda", "states"}
