"""The tutorial, as its reader types it, in both languages."""

import os
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.cluster import ROOT, Cluster, tool
from tests.support.walkthrough import Walker, matches, steps_of

pytestmark = pytest.mark.cluster

PAGES = {"en": "docs/tutorial.md", "zh": "docs/tutorial.zh.md"}


@pytest.fixture
def walker(installed: Cluster, namespace: str, tmp_path: Path) -> Walker:
    """An empty folder, with asw and kubectl at hand, whose context has a namespace of its own."""
    kubeconfig = yaml.safe_load(installed.kubeconfig.read_text())
    for context in kubeconfig["contexts"]:
        context["context"]["namespace"] = namespace
    (tmp_path / "config").write_text(yaml.safe_dump(kubeconfig))
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    program = bin_folder / "asw"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m asw "$@"\n')
    program.chmod(0o755)
    shutil.copy(str(tool("kubectl")), bin_folder / "kubectl")
    (tmp_path / "reader").mkdir()
    environment = {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "operator"),
        "KUBECONFIG": str(tmp_path / "config"),
        "COLUMNS": "100",
    }
    return Walker(tmp_path / "reader", environment)


@pytest.mark.parametrize("language", PAGES)
def test_tutorial(walker: Walker, language: str) -> None:
    """Every command succeeds, and prints what the page shows of it."""
    walker.environment = {**walker.environment, "ASW_LANG": language}
    for step in steps_of((ROOT / PAGES[language]).read_text(encoding="utf-8")):
        code, printed = walker.type(step.command)
        assert code == 0, f"$ {step.command}\n{printed}"
        shown = "\n".join(step.shown)
        assert matches(step.shown, printed), f"$ {step.command}\n{printed}\nshown:\n{shown}"


def test_both_languages_type_the_same() -> None:
    """The Chinese page is a translation: its commands are those of the English one."""
    commands = [
        [step.command for step in steps_of((ROOT / page).read_text(encoding="utf-8"))]
        for page in PAGES.values()
    ]
    assert commands[0] == commands[1]
