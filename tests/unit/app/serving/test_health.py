"""Health and metrics: three addresses, answered by a thread of their own."""

from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest

from asw.app.serving.health import Answers, serve_health

OPENER = build_opener(ProxyHandler({}))
"""It asks this machine, whatever proxy leads elsewhere."""


def asked(port, path, host="127.0.0.1"):
    """Status and text of an answer."""
    try:
        with OPENER.open(f"http://{host}:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_answers():
    """Liveness, readiness and metrics each have their address; others name these."""
    state = {"wrong": None, "ready": False}
    answers = Answers(
        complaint=lambda: state["wrong"],
        is_ready=lambda: state["ready"],
        metrics=lambda: b"asw_a_total 1\n",
    )
    with serve_health(0, answers) as server:
        port = server.server_port
        assert asked(port, "/healthz") == (200, "ok\n")
        assert asked(port, "/readyz") == (503, "not yet\n")
        assert asked(port, "/metrics?name=x") == (200, "asw_a_total 1\n")
        assert asked(port, "/") == (404, "/healthz, /readyz or /metrics\n")
        state.update(wrong="watches are broken", ready=True)
        assert asked(port, "/healthz") == (500, "watches are broken\n")
        assert asked(port, "/readyz") == (200, "ok\n")


def test_before_anything_is_known():
    """A process that only begins is alive and not ready."""
    with serve_health(0, Answers()) as server:
        port = server.server_port
        assert asked(port, "/healthz") == (200, "ok\n")
        assert asked(port, "/readyz") == (503, "not yet\n")
        assert asked(port, "/metrics") == (200, "")


async def test_a_stuck_loop_is_answered_for():
    """The event loop need not run for the answer: nothing here ever gives way to it."""
    with serve_health(0, Answers(complaint=lambda: "the event loop is stuck")) as server:
        port = server.server_port
        assert asked(port, "/healthz") == (500, "the event loop is stuck\n")


def test_a_taken_port_is_an_error():
    """Two operators on one machine need two ports, and are told so."""
    with serve_health(0, Answers()) as first, pytest.raises(OSError):
        serve_health(first.server_port, Answers()).__enter__()
