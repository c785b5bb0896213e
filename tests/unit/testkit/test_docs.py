"""docs/reference/testing.md: its examples run, and what they promise holds."""

import re
from pathlib import Path

import pytest

from tests.support.testing import asw

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "testing.md"
EXAMPLES = re.findall(r"```(json|yaml)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_all_examples_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Every case on the page passes, and they use all of the workflow but nothing by chance."""
    monkeypatch.chdir(tmp_path)
    tests = 0
    for kind, text in EXAMPLES:
        if kind == "json":
            (tmp_path / "order.asl.json").write_text(text, encoding="utf-8")
        else:
            tests += 1
            (tmp_path / f"{tests}.test.yaml").write_text(text, encoding="utf-8")
    done = asw("test", "--coverage")
    assert done.exit_code == 0, done.stdout + done.stderr
    assert tests == 5
    assert "coverage of order: 100%" in done.stdout
