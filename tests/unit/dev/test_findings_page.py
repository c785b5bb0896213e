"""The page of findings says what the program says."""

from dev.findings import PAGE, page


def test_the_page_of_codes_is_fresh():
    """Every code is there with its meaning; make docs writes the page."""
    assert PAGE.read_text(encoding="utf-8") == page()
