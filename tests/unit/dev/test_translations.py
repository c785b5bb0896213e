"""The pages in Chinese say what the English ones say."""

import re
from pathlib import Path

from dev.language import CHAPTERS, PAGES
from dev.language_zh import TEXTS

ROOT = Path(__file__).parents[3]


def page(path):
    return (ROOT / path).read_text(encoding="utf-8")


def shell_blocks(path):
    return re.findall(r"```bash\n(.*?)```", page(path), re.DOTALL)


def test_the_chinese_quick_start_has_the_commands_of_the_english_one():
    """The commands that a test runs from README.md are those that its Chinese reader types."""
    assert shell_blocks("docs/README.zh.md") == shell_blocks("README.md")


def test_both_readmes_tell_how_many_cases_pass():
    """The numbers of a newcomer's first page are those of the page that counts."""
    passed, cases = re.search(r"(\d+) of (\d+) cases pass", page("docs/language.md")).groups()
    assert f"{passed} of {cases} cases pass" in page("README.md")
    assert f"{cases} 个用例中通过 {passed} 个" in page("docs/README.zh.md")


def test_every_text_of_the_language_page_is_there_in_chinese():
    """What a feature does is told in Chinese, and nothing is told that the page does not say."""
    abouts = {feature.about for features in CHAPTERS.values() for feature in features}
    names = {feature.name for features in CHAPTERS.values() for feature in features}
    assert abouts - TEXTS.keys() == set()
    verdicts = {"yes", "not measured", "yes, with differences", "in part", "no"}
    assert TEXTS.keys() - abouts - names - CHAPTERS.keys() == verdicts


def test_both_language_pages_have_the_same_rows():
    """No feature lacks in one of them: the same numbers stand there in the same order."""
    numbers = {
        name: re.findall(r"\| (\d+) (?:of|/) (\d+) \|", (ROOT / "docs" / name).read_text("utf-8"))
        for name in PAGES
    }
    assert numbers["language.md"] == numbers["language.zh.md"] != []
