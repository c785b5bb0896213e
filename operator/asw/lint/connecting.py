"""Whether the calls of services in a Workflow's definition lead anywhere, and as whom. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from asw.asl.blocks import requests_of, services_of
from asw.asl.integrations import HTTP
from asw.asl.model import Template
from asw.asl.problems import IGNORED
from asw.asl.values import ABSENT, Json, from_text
from asw.connector.wanted import ROLE_ARN, has_roles, wanted_by, wanted_in
from asw.failures import nearest
from asw.lint.findings import Finding
from asw.lint.placing import steps_to_role, steps_to_service
from asw.lint.planned import PlannedWorkflow
from asw.lint.rules import MISSING_CONNECTION
from asw.messages import t


def missing_connections(workflow: PlannedWorkflow, known: Collection[str]) -> Iterator[Finding]:
    """A warning at the first Task that calls it, for each service that leads nowhere."""
    for service in services_of(workflow.machine):
        names = _names_of_connections(workflow, service, known)
        lacking = [name for name in names if name not in known]
        if not lacking:
            continue
        name = lacking[0]
        if name is None:
            message = t(
                "no Connection for the service {service}: calls of it fail", service=service
            )
            remedy = t("add it to spec.connections of the Workflow; asw test plays it with mocks")
        else:
            message = t(
                "no manifest of Connection {name} here: calls of {service} fail unless it exists"
                " already",
                name=name,
                service=service,
            )
            remedy = nearest(name, known)
        steps = steps_to_service(from_text(workflow.text), service)
        found = workflow.origin.finding(MISSING_CONNECTION, message, remedy, at=steps)
        yield replace(found, severity="WARNING")


def unheeded_roles(workflow: PlannedWorkflow) -> Iterator[Finding]:
    """A warning at the first Task, for each role in Credentials that stands for no Connection."""
    connections = workflow.connections
    # an API is called by the Connection that its Authentication names, as whatever role
    calls = requests_of(workflow.machine)
    for role in dict.fromkeys(wanted_by(called, None).role for called, _ in calls):
        if not role or role in connections:
            continue
        if not has_roles(connections):
            code, message = IGNORED, t("Credentials has no effect on this call of a service")
        elif role.startswith(ROLE_ARN):
            code = MISSING_CONNECTION
            message = t("no Connection for the role {role}: calls as this role fail", role=role)
        else:
            continue  # only a run knows which one
        steps = steps_to_role(from_text(workflow.text), role)
        remedy = t("give the role's ARN a Connection in spec.connections of the Workflow")
        yield replace(workflow.origin.finding(code, message, remedy, at=steps), severity="WARNING")


def _names_of_connections(
    workflow: PlannedWorkflow, service: str, known: Collection[str]
) -> list[str | None]:
    """Those that its calls take, None for calls that have none; without what a run decides."""
    has_role, found = has_roles(workflow.connections), []
    for called, template in requests_of(workflow.machine):
        if called.resource_type != service:
            continue
        # a cluster that a run names is most often no Connection: then the Workflow's is taken
        is_open = called.request == HTTP or has_role
        wanted = (wanted_in if is_open else wanted_by)(called, _given(template))
        if wanted is None:
            continue
        name = wanted.name(workflow.connections, known.__contains__)
        if name is not None or not (has_role and wanted.role):  # else told by unheeded_roles
            found.append(name)
    return found


def _given(template: Template) -> Json:
    return None if template is ABSENT else template
