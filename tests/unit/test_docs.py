"""The documentation as a whole: one index, twins in two languages, links into pages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
INDEXES = {"en": DOCS / "index.md", "zh": DOCS / "index.zh.md"}
GUIDES = sorted((DOCS / "how-to").glob("*.md"))
TWINS = [page for page in GUIDES if page.name.endswith(".zh.md")]
PAGES = [
    *ROOT.glob("*.md"),
    *(page for folder in ("docs", "charts", "functions") for page in (ROOT / folder).rglob("*.md")),
]
_CODE = re.compile(r"```.*?```", re.DOTALL)


def _linked(page: Path) -> Iterator[tuple[Path, str]]:
    """The files that a page links, each with the heading that the link names, or none."""
    for link in re.findall(r"\]\((?!\w+:)([^)\s]+)", _CODE.sub("", page.read_text("utf-8"))):
        path, _, heading = link.partition("#")
        yield (page.parent / path).resolve() if path else page, heading


def _anchors(page: Path) -> set[str]:
    """Names of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", _CODE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_into_pages_lead_to_headings(page: Path) -> None:
    """Where a link names a heading, the page has it."""
    lost = [
        f"{target.relative_to(ROOT)}#{heading}"
        for target, heading in _linked(page)
        if heading and heading not in _anchors(target)
    ]
    assert lost == []


@pytest.mark.parametrize("language", INDEXES)
def test_the_index_has_every_page(language: str) -> None:
    """Each page that people read is linked from the index, in their language where there is one."""
    linked = {target for target, _ in _linked(INDEXES[language])}
    pages = (*DOCS.glob("*.md"), *(DOCS / "reference").glob("*.md"), *GUIDES)
    english = [page for page in pages if not page.name.endswith(".zh.md")]
    twins = {page: page.with_name(f"{page.stem}.zh.md") for page in english}
    meant = {twins[page] if language == "zh" and twins[page].exists() else page for page in english}
    assert meant - set(INDEXES.values()) - linked == set()


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
def test_twins_show_the_same_commands_and_files(twin: Path) -> None:
    """A guide in Chinese has the blocks of the English one, and each of the two links the other."""
    page = twin.with_name(twin.name.replace(".zh.md", ".md"))
    texts = [each.read_text("utf-8") for each in (page, twin)]
    assert _CODE.findall(texts[0]) == _CODE.findall(texts[1])
    assert f"]({twin.name})" in texts[0]
    assert f"]({page.name})" in texts[1]


def test_the_readmes_link_the_index() -> None:
    """Newcomers find everything else by one link."""
    assert "](docs/index.md)" in (ROOT / "README.md").read_text("utf-8")
    assert "](index.zh.md)" in (DOCS / "README.zh.md").read_text("utf-8")
