"""The pages of the command line say what the command line says."""

import pytest

from asw.cli.command import Command
from asw.cli.main import VERBS
from dev.verbs import FOLDER, pages

PAGES = pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_page_is_as_its_verb_says(path):
    """No page lags behind the help; ``make docs`` writes them."""
    assert path.read_text(encoding="utf-8") == PAGES[path]


def test_there_is_no_page_of_a_verb_that_is_gone():
    """What is in the folder is what is written into it."""
    assert set(FOLDER.rglob("*.md")) == PAGES.keys()


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_verb_is_listed_with_the_first_line_of_its_help(verb):
    """The list of verbs and the verb's own help say the same."""
    command = verb.load()
    assert isinstance(command, Command)
    assert (command.help or "").partition("\n")[0] == verb.summary


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_verb_shows_how_it_is_used(verb):
    """Every verb that people type has examples, each a line with ``asw`` and the verb."""
    command = verb.load()
    assert isinstance(command, Command)
    if verb.name not in ("operator", "serve", "version"):
        assert len(command.examples) >= 2
    lines = [example.command for example in command.examples]
    assert [line for line in lines if f"asw {verb.name}" not in line] == []
