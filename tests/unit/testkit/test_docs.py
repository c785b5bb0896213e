"""docs/reference/testing.md: its examples run, and what they promise holds."""

import re
from pathlib import Path

import pytest

from tests.support.testing import asw

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "testing.md"
EXAMPLES = re.findall(r"```(json|yaml)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_all_examples_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Every case on the page passes, and they use all of the workflows but nothing by chance."""
    monkeypatch.chdir(tmp_path)
    tests, workflows = 0, iter(("order", "save", "ask"))
    for kind, text in EXAMPLES:
        if kind == "json":
            (tmp_path / f"{next(workflows)}.asl.json").write_text(text, encoding="utf-8")
        else:
            tests += 1
            (tmp_path / f"{tests}.test.yaml").write_text(text, encoding="utf-8")
    done = asw("test", "--coverage")
    assert done.exit_code == 0, done.stdout + done.stderr
    assert tests == 7
    assert "coverage of order: 100%" in done.stdout
    assert "coverage of save: 100%" in done.stdout
