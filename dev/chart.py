"""The table of values in the chart's README, which `make crds` writes.

The values and the sentences come from `values.yaml`: a line `# -- sentence` above each value.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[1] / "charts" / "asw"
README = CHART / "README.md"
BEGIN = "<!-- values: written by make crds -->"
END = "<!-- end of values -->"

_COMMENT = re.compile(r" *# -- (.+)")
_KEY = re.compile(r"( *)([A-Za-z0-9]+):")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of the chart: its dotted name, what it is for, and its default."""

    name: str
    sentence: str
    default: Any


def values() -> Iterator[Value]:
    """Every value that has a sentence, in the order of the file."""
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    defaults = yaml.safe_load(text)
    names: list[str] = []
    sentence: str | None = None
    for line in text.splitlines():
        if match := _COMMENT.fullmatch(line):
            sentence = match[1]
        elif match := _KEY.match(line):
            del names[len(match[1]) // 2 :]
            names.append(match[2])
            if sentence is not None:
                name = ".".join(names)
                yield Value(name=name, sentence=sentence, default=_at(defaults, names))
                sentence = None


def readme_text() -> str:
    """The README with the table as it should be."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{_table()}{END}{after}"


def write_readme() -> None:
    """Bring the README up to date."""
    README.write_text(readme_text(), encoding="utf-8")


def _table() -> str:
    head = "| value | default | description |\n|---|---|---|\n"
    return head + "".join(
        f"| `{each.name}` | `{json.dumps(each.default)}` | {each.sentence} |\n" for each in values()
    )


def _at(defaults: Mapping[str, Any], names: list[str]) -> Any:
    found: Any = defaults
    for name in names:
        found = found[name]
    return found
