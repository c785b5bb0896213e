"""The examples' manifests, read by the models."""

from pathlib import Path

import pytest
import yaml

from asw.api.crd import KINDS
from asw.api.names import API_VERSION

EXAMPLES = Path(__file__).parents[3] / "examples"
MODELS = {model.kind: model for model in KINDS}
MANIFESTS = [
    pytest.param(manifest, id=f"{path.relative_to(EXAMPLES)}: {manifest['kind']}")
    for path in sorted(EXAMPLES.rglob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    if manifest["apiVersion"] == API_VERSION
]


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_an_examples_manifest_is_an_object_of_ours(manifest):
    """Every example is accepted by the model of its kind."""
    parsed = MODELS[manifest["kind"]].parse(manifest)
    assert parsed.metadata.name == manifest["metadata"]["name"]
