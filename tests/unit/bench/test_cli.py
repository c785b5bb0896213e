"""What measures commands measures them as their users have them."""

from pathlib import Path

import pytest

from bench.cli import compiled


def test_commands_are_measured_compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The compiler's time does not count, not even where a checkout must not keep its bytecode."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("HOME", "/home/ada")
    environment = compiled(tmp_path)
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment["PYTHONPYCACHEPREFIX"] == str(tmp_path)
    assert environment["HOME"] == "/home/ada"
