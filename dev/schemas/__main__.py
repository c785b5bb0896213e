"""Write the JSON Schemas of docs/schema: `python3 -m dev.schemas`, or `make docs`."""

import json
from collections.abc import Mapping
from pathlib import Path

from asw.asl.values import Json
from dev.schemas.definition import definition_schema
from dev.schemas.manifests import manifest_schemas
from dev.schemas.workflow_tests import workflow_test_schema

FOLDER = Path(__file__).parents[2] / "docs/schema"


def schemas() -> Mapping[str, Json]:
    """Every schema by the name of its file."""
    return {
        "asl.schema.json": definition_schema("ASL"),
        "tcsl.schema.json": definition_schema("TCSL"),
        **manifest_schemas(),
        "workflow-test.schema.json": workflow_test_schema(),
    }


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        text = json.dumps(schema, ensure_ascii=False, indent=1)
        (FOLDER / name).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
