"""Write what is generated and checked in: `python3 -m dev.crds`, or `make crds`.

The CustomResourceDefinitions come from the models and go to `crds/`, the public contract, and to
the chart, whose table of values is written as well; docs/reference tells them on a page.
"""

from collections.abc import Mapping
from pathlib import Path

from asw.api.crd import KINDS, chart_text, crd_name, crd_text, custom_resource_definition
from dev import chart, reference

ROOT = Path(__file__).parents[1]


def files() -> Mapping[Path, str]:
    """Every file that comes from the models and what it should hold."""
    made: dict[Path, str] = {}
    for model in KINDS:
        group = crd_name(model).partition(".")[2]
        made[ROOT / "crds" / f"{group}_{model.plural}.yaml"] = crd_text(model)
        made[ROOT / "charts/asw/templates/crds" / f"{model.plural}.yaml"] = chart_text(model)
    definitions = [custom_resource_definition(model) for model in KINDS]
    made[ROOT / "docs/reference/resources.md"] = reference.page(definitions)
    return made


def main() -> None:
    """Write them all."""
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    chart.write_readme()


if __name__ == "__main__":
    main()
