"""Bundles that somebody made to harm: refused by a sentence, before they cost anything."""

import gzip
import json
import tracemalloc
from dataclasses import replace

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from asw.executions.bundles.contents import LARGEST, MOST_PARTS, from_bytes, to_bytes
from asw.executions.port import LogLine
from asw.exits import BAD_INPUT
from asw.failures import Failure
from tests.unit.executions.bundles.test_bundles import a_bundle


def plain():
    return json.loads(gzip.decompress(to_bytes(a_bundle())))


def packed(text):
    return gzip.compress(text if isinstance(text, bytes) else text.encode(), mtime=0)


def with_children(*names):
    """A bundle with children of these names."""
    whole = plain()
    child = {name: whole[name] for name in ("execution", "history", "record", "tasks", "logs")}
    for name in names:
        metadata = {**child["execution"]["metadata"], "name": name}
        execution = {**child["execution"], "metadata": metadata}
        whole["children"].append({**child, "execution": execution})
    return packed(json.dumps(whole))


ATTACKS = {
    "bomb": (packed(b" " * (LARGEST + 1)), "too large for a bundle"),
    "many values": (packed("[" + "[]," * (MOST_PARTS // 2 + 1) + "[]]"), "too large for a bundle"),
    "many strings": (packed("[" + '"",' * (MOST_PARTS + 1) + "0]"), "too large for a bundle"),
    "escaped quotes": (packed(b'"' + b'\\",' * (MOST_PARTS + 1)), "it is not JSON"),
    "deep": (packed("[" * 200_000), "it is not JSON: the value is nested more than"),
    "long number": (packed("[" + "9" * 100_000 + "]"), "it is not JSON"),
    "infinite": (packed('{"format": 1e999}'), "it is not JSON"),
    "name twice": (
        packed(json.dumps(plain())[:-1] + ', "format": "asw-bundle"}'),
        "an object has a name twice",
    ),
    "two members": (to_bytes(a_bundle()) * 2, "something follows its end"),
    "two children of a name": (with_children("a", "a"), "two executions have the same name"),
    "child of its parent's name": (with_children("run-1"), "two executions have the same name"),
    "not UTF-8": (packed(b'{"format": "\xff"}'), "it is not JSON"),
}


@pytest.mark.parametrize("content", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_refused(content):
    """Whatever is in the file, its reader gets a sentence and a remedy."""
    with pytest.raises(Failure) as caught:
        from_bytes(content[0], "x.gz")
    assert content[1] in caught.value.message
    assert caught.value.message.startswith("x.gz ")
    assert caught.value.remedy
    assert caught.value.code == BAD_INPUT


def test_a_small_file_does_not_fill_the_memory():
    """A megabyte that unfolds to a gigabyte costs what the largest bundle may have, no more."""
    content = packed(b"[" * (1 << 30))
    tracemalloc.start()
    try:
        with pytest.raises(Failure, match="too large"):
            from_bytes(content, "x.gz")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(content) < 2 << 20
    assert peak < 3 * LARGEST


def test_a_file_that_never_ends_is_not_read_to_its_end(tmp_path, monkeypatch):
    """A file larger than any bundle is refused as one that is none, not held in memory."""
    path = tmp_path / "x.gz"
    with path.open("wb") as file:
        file.write(to_bytes(a_bundle()))
        file.truncate(8 * LARGEST)
    monkeypatch.setenv("ASW_LANG", "en")
    tracemalloc.start()
    try:
        result = CliRunner().invoke(main, ("why", str(path)), catch_exceptions=False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.exit_code == BAD_INPUT
    assert "something follows its end" in result.stderr
    assert peak < 4 * LARGEST


def test_commas_within_texts_are_no_values():
    """What tasks printed may be long: only what becomes a value in memory counts."""
    bundle = a_bundle()
    (line,) = bundle.main.lines
    long = LogLine(line.state, line.attempt, ",:[{" * (MOST_PARTS // 4 + 1))
    whole = replace(bundle, main=replace(bundle.main, lines=(long,)))
    assert from_bytes(to_bytes(whole), "x.gz").main.lines == (long,)


def test_what_nobody_could_read_is_not_written():
    """An execution too large for a bundle is told when it is exported, with the remedy."""
    bundle = a_bundle()
    long = LogLine("A", 0, "x" * LARGEST)
    with pytest.raises(Failure, match="run-1 is too large for a bundle") as caught:
        to_bytes(replace(bundle, main=replace(bundle.main, lines=(long,))))
    assert "--logs" in caught.value.remedy
