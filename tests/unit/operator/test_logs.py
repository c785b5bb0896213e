"""Lines of the log, for machines and for people."""

import io
import json
import logging
import sys

import pytest

from asw.operator.logs import JsonLines, TextLines, start_logging
from asw.reconciler.event_log import ABOUT
from asw.reconciler.platform import ExecutionKey

SECRET = "4711-0815"
KEY = ExecutionKey("shop", "run-1", "uid-1")


@pytest.fixture
def written():
    """A logger that writes to the text in the list, by a formatter."""
    logger = logging.getLogger("asw.test")
    logger.propagate = False
    logger.setLevel(logging.INFO)

    def write(formatter, action):
        text = io.StringIO()
        handler = logging.StreamHandler(text)
        handler.setFormatter(formatter)
        logger.handlers = [handler]
        action(logger)
        return text.getvalue()

    yield write
    logger.handlers, logger.propagate = [], True


@pytest.fixture
def about():
    token = ABOUT.set(KEY)
    yield
    ABOUT.reset(token)


def test_a_json_line(written, about):
    """One object: when, how bad, who says it, what, and about whom."""
    extra = {"workflow": "order", "state": "Pay", "task": 3, "error": "Broken"}
    line = written(JsonLines(), lambda log: log.warning("task %s", "failed", extra=extra))
    assert line.endswith("\n")
    parsed = json.loads(line)
    assert parsed.pop("time").endswith("Z")
    assert parsed == {
        "level": "warning",
        "logger": "asw.test",
        "message": "task failed",
        "execution": "shop/run-1",
        "executionUid": "uid-1",
        "workflow": "order",
        "state": "Pay",
        "task": 3,
        "error": "Broken",
    }


def test_a_line_about_nobody(written):
    """What is not known is left out, and only known fields are written."""
    line = written(JsonLines(), lambda log: log.info("ready", extra={"payload": "secret"}))
    assert set(json.loads(line)) == {"time", "level", "logger", "message"}


@pytest.mark.parametrize("formatter", [JsonLines(), TextLines()])
def test_an_exception_tells_no_data(written, formatter):
    """Where it was raised and its kind, without what it says: that may be a payload."""
    text = written(formatter, _fail)
    assert "test_logs.py" in text
    assert "builtins.ValueError" in text
    assert SECRET not in text


def _fail(log):
    try:
        int(SECRET)
    except ValueError:
        log.exception("could not be handled")


def test_an_exception_is_one_field(written):
    """Many lines of traceback are one line of JSON."""
    (line,) = written(JsonLines(), _fail).splitlines()
    assert json.loads(line)["exception"].endswith("\nbuiltins.ValueError")


def test_a_line_of_text(written, about):
    """The same for a terminal: what is known stands at the end."""
    line = written(TextLines(), lambda log: log.info("hello", extra={"state": "Pay"}))
    assert line.endswith("INFO asw.test: hello execution=shop/run-1 state=Pay\n")


@pytest.mark.parametrize(("form", "formatter"), [("json", JsonLines), ("text", TextLines)])
def test_the_setting_decides(form, formatter, monkeypatch):
    """All loggers write in the form that was asked for, from the level on."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    try:
        start_logging("warning", form)
        (handler,) = root.handlers
        assert isinstance(handler.formatter, formatter)
        assert root.level == logging.WARNING
    finally:
        root.handlers[:], root.level = before
