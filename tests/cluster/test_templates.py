"""Every template of ``asw init``, applied and run as its README says."""

import pytest

from asw.cli.templates import files_of
from tests.support.space import Space, events, execution
from tests.support.template_outputs import OUTPUTS

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("template", OUTPUTS)
def test_template(space: Space, template: str) -> None:
    """It gives on a cluster what it gives on one machine."""
    applied(space, template)
    space.apply({**execution("flow-1", "flow"), "spec": {"workflowRef": {"name": "flow"}}})
    status = space.finished("flow-1")["status"]
    assert status["phase"] == "Succeeded", status
    assert status["output"] == OUTPUTS[template]


def test_saga_undoes_what_was_booked(space: Space) -> None:
    """Compensation runs in reverse order, and the first error is the execution's."""
    applied(space, "saga")
    status = space.run("flow-1", "flow", {"trip": "Lisbon", "soldOut": ["car"]})
    assert (status["phase"], status["error"]) == ("Failed", "SoldOut")
    entered = [event["name"] for event in events(status, "TaskStateEntered")]
    assert entered[-2:] == ["Cancel flight", "Cancel hotel"]


def applied(space: Space, template: str) -> None:
    """The template's objects, its Workflow called flow."""
    texts = files_of(template, "flow")
    for name in ("functions.yaml", "workflow.yaml"):
        space.kubectl("apply", "--filename=-", stdin=texts[name])
