"""What the build makes of the catalogues."""

import os
from gettext import GNUTranslations

import pytest

from hatch_build import compile_catalogues

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.fixture
def source(tmp_path):
    """A catalogue, compiled, that says 一 for one."""
    path = tmp_path / "locale" / "zh" / "LC_MESSAGES" / "some.po"
    path.parent.mkdir(parents=True)
    write(path, 'msgid "one"\nmsgstr "一"\n', at=1000)
    compile_catalogues(tmp_path)
    return path


def write(path, entries, at):
    path.write_text(HEADER + entries, encoding="utf-8")
    os.utime(path, (at, at))


def compiled(source):
    with source.with_suffix(".mo").open("rb") as file:
        return GNUTranslations(file)


def test_an_edited_catalogue_is_compiled_again(source, tmp_path):
    """Who edits a translation does not see the old one."""
    assert compiled(source).gettext("one") == "一"
    os.utime(source.with_suffix(".mo"), (1500, 1500))
    write(source, 'msgid "one"\nmsgstr "壹"\n', at=2000)
    compile_catalogues(tmp_path)
    assert compiled(source).gettext("one") == "壹"


def test_what_is_compiled_already_is_left_alone(source, tmp_path):
    """Several processes of tests may ask for it at a time."""
    before = source.with_suffix(".mo").stat()
    compile_catalogues(tmp_path)
    after = source.with_suffix(".mo").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_nothing_but_the_catalogue_and_what_is_compiled_of_it_is_left(source):
    """What is written on the way is gone."""
    names = sorted(path.name for path in source.parent.iterdir())
    assert names == ["some.mo", "some.po"]


@pytest.mark.parametrize(
    "entries",
    ['#, fuzzy\nmsgid "one"\nmsgstr "二"\n', 'msgid "one"\nmsgstr ""\n'],
    ids=["fuzzy", "empty"],
)
def test_what_nobody_has_translated_stays_english(source, tmp_path, entries):
    """A guess is not shown, and no sentence is lost."""
    write(source, entries, at=1000)
    source.with_suffix(".mo").unlink()
    compile_catalogues(tmp_path)
    assert compiled(source).gettext("one") == "one"
