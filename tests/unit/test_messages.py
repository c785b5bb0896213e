"""Messages in the user's language: every one is there, none lost what it is filled in with."""

from string import Formatter

import pytest
from babel.messages.pofile import read_po

from asw import messages
from asw.messages import counted, language, listed, t
from dev.messages import CATALOGUES, texts, updated

CATALOGUE = next(path for path in CATALOGUES if "zh" in path.parts)


def entries():
    """Translation by text; none for a text that has no translation, or a fuzzy one."""
    with CATALOGUE.open("rb") as file:
        found = read_po(file)
    return {each.id: None if each.fuzzy else each.string for each in found if each.id}


TRANSLATED = entries()


def fields_of(template):
    """The names of its holes in order of the alphabet; none where its braces are braces."""
    try:
        return sorted({name for _, name, _, _ in Formatter().parse(template) if name is not None})
    except ValueError:
        return []


def test_every_message_is_in_the_chinese_catalogue():
    """A user who reads Chinese gets no English sentence."""
    missing = {text: place for place, text in texts() if not TRANSLATED.get(text)}
    assert missing == {}


def test_the_catalogue_holds_nothing_that_nobody_says():
    """A sentence that was changed in the code is changed in the catalogue as well."""
    assert TRANSLATED.keys() - {text for _, text in texts()} == set()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_catalogue_is_as_make_messages_writes_it(path):
    """Order and form have no second author: `make messages` leaves a clean tree."""
    assert updated(path.read_bytes()) == path.read_bytes()


@pytest.mark.parametrize("text", [text for text in TRANSLATED if "{" in str(text)], ids=str)
def test_a_translation_is_filled_in_with_the_same_values(text):
    """No translation drops a name or a number, or asks for one that is not given."""
    if isinstance(text, str):
        assert fields_of(TRANSLATED[text]) == fields_of(text)
    else:
        expected = [fields_of(text[1])] * len(TRANSLATED[text])
        assert [fields_of(each) for each in TRANSLATED[text]] == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"ASW_LANG": "zh", "LANG": "en_US.UTF-8"}, "zh"),
        ({"ASW_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "C"}, "zh"),
        ({"LANG": "zh_TW.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_first_variable_that_is_set_names_the_language(environment, expected):
    """ASW_LANG before the locale, the locale in the order of POSIX."""
    assert language(environment) == expected


def test_a_message_comes_in_the_users_language(monkeypatch):
    """The same call says it in English and in Chinese."""
    monkeypatch.setattr(messages, "language", lambda: "zh")
    assert t("no verb {name!r}", name="rnu") == "没有子命令 'rnu'"
    monkeypatch.setattr(messages, "language", lambda: "en")
    assert t("no verb {name!r}", name="rnu") == "no verb 'rnu'"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("en", ["0 errors", "1 error", "2 errors"]), ("zh", ["0 个错误", "1 个错误", "2 个错误"])],
)
def test_one_is_told_from_many_where_the_language_does(monkeypatch, name, expected):
    """English has two forms, Chinese has one."""
    monkeypatch.setattr(messages, "language", lambda: name)
    told = [counted(number, "{number} error", "{number} errors") for number in range(3)]
    assert told == expected


@pytest.mark.parametrize("name", messages.LANGUAGES)
def test_nothing_said_is_nothing_in_every_language(monkeypatch, name):
    """A catalogue's header, which gettext keeps under the empty text, is never shown."""
    monkeypatch.setattr(messages, "language", lambda: name)
    assert t("") == ""


@pytest.mark.parametrize(("name", "comma"), [("en", ", "), ("zh", "\uff0c")])
def test_parts_of_a_sentence_have_the_comma_of_the_language(monkeypatch, name, comma):
    """Chinese has a comma of its own, without a blank behind it."""
    monkeypatch.setattr(messages, "language", lambda: name)
    assert listed(["1", "2", "3"]) == f"1{comma}2{comma}3"
