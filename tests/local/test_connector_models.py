"""All services and operations that botocore knows, thousands of them, by the same few rules."""

import re
from collections import Counter

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, StructureShape

from asw.asl.integrations import INTEGRATIONS
from asw.connector import naming
from asw.connector.calls import Call
from asw.connector.job_kinds import JOB_KINDS
from asw.connector.optimized import prepared
from asw.connector.services import OPTIMIZED, UnknownCall, folders, operation_of
from asw.connector.tokens import token_of

RESOURCE = re.compile(r"aws-sdk:[a-z0-9-]+:[a-z][A-Za-z0-9]*")
NOT_OF_SERVICES = {
    # Step Functions' own: HTTP, Kubernetes, and what looks for a name before it changes it
    "apigateway:invoke",
    "http:invoke",
    "eks:call",
    "eks:runJob",
    "elasticmapreduce:modifyInstanceFleetByName",
    "elasticmapreduce:modifyInstanceGroupByName",
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


JOBS = sorted(set(JOB_KINDS) - NOT_OF_SERVICES)


def an_operation(service, action, parameters=None):
    """What a call of an optimized integration sends, and by which model."""
    call = Call(service=service, action=action, sdk=False, parameters=parameters, task_id="u-1")
    return operation_of(call).model, prepared(call)


def member_at(shape, path):
    """The shape at a path of results; it fails where the model has no such member."""
    for step in filter(None, path.split(".")):
        if step == "*" or step.isdigit():
            shape = shape.member
        else:
            spelt = {naming.legacy_member_name(name): it for name, it in shape.members.items()}
            shape = spelt[step]
    return shape


def check_request(model, request):
    """Every member of the request is one of the model, and none is missing that it needs."""
    shape = model.input_shape
    spelt = {naming.legacy_member_name(name): name for name in shape.members}
    given = {spelt[name] for name in request}
    assert given >= set(shape.required_members), (model.name, given)
    for name, value in request.items():
        is_list = isinstance(value, list)
        is_open = isinstance(value, str) and value.startswith("$")  # $Tasks is a list itself
        has_list = shape.members[spelt[name]].type_name == "list"
        assert is_list == has_list or is_open, (model.name, name)


@pytest.mark.parametrize("name", JOBS)
def test_a_job_is_followed_by_what_its_service_has(name):
    """Actions, members and states of each row are those of the service's own API."""
    kind = JOB_KINDS[name]
    service, _, action = name.partition(":")
    renamed = {"StepId": "StepIds.0", "ClusterId": "JobFlowId"}  # short forms of EMR's
    start, _ = an_operation(service, action)
    for part, place in kind.handle.items():
        source, _, path = place.partition(".")
        if source == "answer":
            path = renamed.get(path, path) if service == "elasticmapreduce" else path
            member_at(start.output_shape, path)
        elif service != "elasticmapreduce":
            assert member_at(start.input_shape, path).type_name == "string", part
    describe, request = an_operation(service, kind.describe, kind.asks)
    check_request(describe, request)
    job = member_at(describe.output_shape, kind.item)
    status = member_at(job, kind.status)
    if status.enum:
        assert {*kind.succeeded, *kind.failed} <= {*status.enum, "DeleteFailed", "Deleting"}
    assert not set(kind.succeeded) & set(kind.failed)
    if kind.has_exit_codes:
        assert member_at(job, "Containers.*.ExitCode").type_name == "integer"
        assert member_at(job, "StopCode").type_name == "string"
    if kind.stop is not None:
        check_request(*an_operation(service, kind.stop, kind.stops))


def test_every_job_has_a_row():
    """But executions, which are no calls of a service here."""
    jobs = {it.removesuffix(".sync") for it in INTEGRATIONS if it.endswith(".sync")}
    assert jobs - {"states:startExecution"} == set(JOB_KINDS)
