"""The examples' manifests, read by the models."""

from pathlib import Path

import pytest

from asw.api.crd import KINDS
from asw.api.names import API_VERSION
from asw.lint.code_folders import with_code
from asw.lint.documents import read_documents

EXAMPLES = Path(__file__).parents[3] / "examples"
MODELS = {model.kind: model for model in KINDS}
FILES = [it for it in sorted(EXAMPLES.rglob("*.yaml")) if not it.name.endswith(".test.yaml")]
MANIFESTS = [
    pytest.param(
        document.content,
        id=f"{document.path.relative_to(EXAMPLES)}: {document.content['kind']}",
    )
    for document in with_code(read_documents(FILES)[0])[0]
    if document.content["apiVersion"] == API_VERSION
]


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_an_examples_manifest_is_an_object_of_ours(manifest):
    """Every example is accepted by the model of its kind."""
    parsed = MODELS[manifest["kind"]].parse(manifest)
    assert parsed.metadata.name == manifest["metadata"]["name"]
