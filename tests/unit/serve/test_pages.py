"""The pages behind links: text stays text."""

from datetime import UTC, datetime

from asw.serve.pages import HEADERS, question_page, told_page

EVIL = '<script>alert("x")</script>&\'"'
AT = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)


def page(**fields):
    """The page of a question."""
    asked = {
        "namespace": "shop",
        "execution": "run",
        "state": "Ask",
        "title": "Go?",
        "message": "v1",
        "choices": ["approve", "reject"],
    }
    return question_page({**asked, **fields}, "ann", AT).decode()


def test_it_shows_what_is_asked_of_whom_and_until_when():
    """And every choice is a button of the one form."""
    text = page()
    for part in ("<h1 dir=auto>Go?</h1>", "v1", "shop/run, Ask", "ann", "2026-01-01 12:30 UTC"):
        assert part in text
    assert text.count("<form method=") == 1
    assert text.count("<button ") == 2
    assert 'value="approve"' in text


def test_nothing_that_others_wrote_is_markup():
    """Neither in the question, nor in names, nor in what is told."""
    names = ("namespace", "execution", "state", "title", "message")
    texts = [page(**{name: EVIL}) for name in names]
    texts += [page(choices=[EVIL]), told_page(EVIL, EVIL).decode()]
    for text in texts:
        assert "<script" not in text
        assert "&lt;script&gt;alert(&quot;x&quot;)" in text


def test_half_a_character_breaks_no_page():
    """JSON may hold it, and UTF-8 not."""
    assert "Go?" in page(title="Go?\ud800")


def test_pages_run_nothing_and_are_kept_nowhere():
    """No script, nothing from elsewhere, no frame, no referrer, no cache."""
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert HEADERS["Referrer-Policy"] == "no-referrer"
    assert HEADERS["Cache-Control"] == "no-store"
