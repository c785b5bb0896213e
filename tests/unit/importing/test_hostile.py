"""Exports that somebody broke by hand: manifests that hold, or a Failure, and nothing else."""

import copy
import random

import pytest

from asw.api.function import Function
from asw.api.workflow import Workflow
from asw.failures import Failure
from asw.importing.cloud_yaml import read_export
from asw.importing.conversion import convert
from asw.importing.formats import read
from asw.importing.found import Export
from asw.importing.manifests import to_yaml
from tests.unit.importing import samples
from tests.unit.importing.conftest import Texts

ALL = [value for name, value in vars(samples).items() if name.isupper() and isinstance(value, dict)]
ODD = (
    *(None, 1, -5, 1.5, True, "", "x", "x" * 300, "名字", [], [1], {}, {"a": 1}),
    *({"Ref": "Q"}, {"Fn::GetAtt": ["F", "Arn"]}, {"Fn::Sub": 3}, {"Fn::Join": [1]}),
)


def places(value, path=()):
    """The paths of all values below this one."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from places(item, (*path, key))


def broken(content, rng):
    """The content with one or two values removed, or replaced by odd ones."""
    content = copy.deepcopy(content)
    for _ in range(rng.randint(1, 2)):
        path = rng.choice(list(places(content)) or [()])
        if not path:
            break
        holder = content
        for step in path[:-1]:
            holder = holder[step]
        if rng.random() < 0.3:
            del holder[path[-1]]
        else:
            holder[path[-1]] = copy.deepcopy(rng.choice(ODD))
    return content


@pytest.mark.parametrize("seed", range(8))
def test_broken_exports(seed):
    """No export makes asw fail, or write what the API server would refuse."""
    rng = random.Random(seed)
    for _ in range(60):
        files = rng.choice(ALL)
        name, text = next(iter(files.items()))
        content = broken(read_export(text, name), rng)
        export = Export(name=name, content=content, files=Texts(files))
        try:
            conversion = convert(read(export, None), export)
        except Failure as failure:
            assert failure.remedy  # noqa: PT017 -- a Failure is as good as manifests
            continue
        assert to_yaml([*conversion.workflows, *conversion.functions])
        assert conversion.to_plain()["notes"]
        for manifest in conversion.workflows:
            Workflow.parse(manifest)
        for manifest in conversion.functions:
            Function.parse(manifest)
