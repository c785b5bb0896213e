"""Messages in the user's language: every one is there, none lost what it is filled in with."""

from string import Formatter

import pytest

from asw import messages
from asw.messages import language, listed, t
from asw.messages.zh import MESSAGES
from tests.support.catalogue import templates


def fields_of(template):
    return sorted({name for _, name, _, _ in Formatter().parse(template) if name is not None})


def test_every_message_is_in_the_chinese_catalogue():
    """A user who reads Chinese gets no English sentence."""
    missing = {text: place for place, text in templates() if text and text not in MESSAGES}
    assert missing == {}


def test_the_catalogue_holds_nothing_that_nobody_says():
    """A sentence that was changed in the code is changed in the catalogue as well."""
    assert MESSAGES.keys() - {text for _, text in templates()} == set()


@pytest.mark.parametrize("template", [text for text in MESSAGES if "{" in text])
def test_a_translation_is_filled_in_with_the_same_values(template):
    """No translation drops a name or a number, or asks for one that is not given."""
    try:
        expected = fields_of(template)
    except ValueError:  # no template: its braces are braces
        return
    assert fields_of(MESSAGES[template]) == expected


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


@pytest.mark.parametrize(("name", "comma"), [("en", ", "), ("zh", "\uff0c")])
def test_parts_of_a_sentence_have_the_comma_of_the_language(monkeypatch, name, comma):
    """Chinese has a comma of its own, without a blank behind it."""
    monkeypatch.setattr(messages, "language", lambda: name)
    assert listed(["1", "2", "3"]) == f"1{comma}2{comma}3"
