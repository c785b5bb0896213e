"""Health and metrics: three addresses, answered by a thread of their own."""

import socket
import struct
import threading
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest

from asw.operator.health import Answers, serve_health

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


@pytest.fixture
def ended():
    """Counts the requests that the server is done with, whatever came of them."""
    return threading.Semaphore(0)


def noting(server, ended):
    """The server, which tells when it is done with a request."""
    shut = server.shutdown_request

    def shut_and_tell(request):
        shut(request)
        ended.release()

    server.shutdown_request = shut_and_tell
    return server


def gone(connection):
    """Go away without a goodbye: what is sent then is answered by a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize("sent", ["GET /met", "GET /metrics HTTP/1.1\r\n\r\n"])
def test_a_client_that_goes_away_is_not_logged(sent, ended, capfd, caplog):
    """Neither in mid-request nor before its answer: no line, and nothing printed past the log."""
    asked_for, is_gone = threading.Event(), threading.Event()

    def metrics():
        asked_for.set()
        is_gone.wait(60)
        return b"x" * 1_000_000

    with serve_health(0, Answers(metrics=metrics)) as server:
        port = noting(server, ended).server_port
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(sent.encode())
        if sent.endswith("\r\n"):
            assert asked_for.wait(60)
        gone(connection)
        is_gone.set()
        assert ended.acquire(timeout=60)
        assert asked(port, "/healthz") == (200, "ok\n")
    assert capfd.readouterr().err == ""
    assert caplog.records == []


def test_a_fault_of_ours_is_a_line_of_the_log(ended, capfd, caplog):
    """What cannot be answered is told where all is told, and not printed beside it."""
    with serve_health(0, Answers(metrics=lambda: bytes(1 // 0))) as server:
        connection = socket.create_connection(("127.0.0.1", noting(server, ended).server_port))
        with connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            assert ended.acquire(timeout=60)
    assert capfd.readouterr().err == ""
    (line,) = caplog.records
    assert line.exc_info[0] is ZeroDivisionError
