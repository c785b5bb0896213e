"""Every place of executions has the whole port: a verb works on all of them, or is refused."""

import inspect

import pytest

from asw.executions.bundles.runs import BundleRuns
from asw.executions.cluster.runs import ClusterRuns
from asw.executions.local.runs import LocalRuns
from asw.executions.port import Runs

NAMES = sorted(name for name in vars(Runs) if not name.startswith("_"))


@pytest.mark.parametrize("place", [LocalRuns, ClusterRuns, BundleRuns])
@pytest.mark.parametrize("name", NAMES)
def test_a_place_has_all_of_the_port(place, name):
    """The same name, and the same arguments under the same names."""
    wanted, found = getattr(Runs, name), getattr(place, name)
    if isinstance(wanted, property):
        assert isinstance(found, property)
    else:
        given = list(inspect.signature(found).parameters)
        assert given == list(inspect.signature(wanted).parameters)
