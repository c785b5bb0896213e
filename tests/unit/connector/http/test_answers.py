"""What a state gets for an answer."""

import pytest

from asw.connector.calls import Done, Failed
from asw.connector.http.answers import HttpAnswer, outcome_of


def an_answer(data=b"", kind="application/json", status=200, reason="OK", **headers):
    """An answer of an API."""
    named = (("Content-Type", kind), *headers.items())
    return HttpAnswer(status=status, reason=reason, headers=named, data=data)


def test_a_result_has_four_members():
    """JSON is a value, and headers are lists, as they may repeat."""
    answer = an_answer(b'{"id": 7}', kind="application/json; charset=utf-8")
    assert outcome_of(answer, ()) == Done(
        output={
            "Headers": {"Content-Type": ["application/json; charset=utf-8"]},
            "ResponseBody": {"id": 7},
            "StatusCode": 200,
            "StatusText": "OK",
        }
    )


@pytest.mark.parametrize(
    ("data", "kind", "body"),
    [
        (b"plain", "text/plain", "plain"),
        (b"[1]", "text/plain", "[1]"),
        (b"not json", "application/json", "not json"),
        (b'{"a":1}', "application/problem+json", {"a": 1}),
        ("ü".encode("latin-1"), "text/plain; charset=iso-8859-1", "ü"),
        (b"", "application/json", ""),
        (b"", "image/png", ""),
    ],
)
def test_bodies(data, kind, body):
    """What is no JSON is text, in the charset that the answer names."""
    assert outcome_of(an_answer(data, kind), ()).output["ResponseBody"] == body


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG", "image/png"),
        (b"x", "application/octet-stream"),
        (b"\xff\xfe", "text/plain"),
        (b"x", "text/plain; charset=none-such"),
    ],
)
def test_what_no_result_can_hold_fails(data, kind):
    """AWS: States.Runtime for bytes that are no text."""
    assert outcome_of(an_answer(data, kind), ()).error == "States.Runtime"


@pytest.mark.parametrize(
    ("data", "kind", "cause"),
    [
        (b'{"code":"resource_missing"}', "application/json", '{"code":"resource_missing"}'),
        (b"", "text/plain", "Not Found"),
        (b"\x89PNG", "image/png", "Not Found"),
    ],
)
def test_a_status_is_an_error(data, kind, cause):
    """Its name has the code, its cause is what the API says."""
    answer = an_answer(data, kind, status=404, reason="Not Found")
    assert outcome_of(answer, ()) == Failed(error="States.Http.StatusCode.404", cause=cause)


def test_a_redirect_is_an_error_too():
    """Nobody named the place that it leads to."""
    assert outcome_of(an_answer(status=302, reason="Found"), ()).error.endswith(".302")


@pytest.mark.parametrize("status", [200, 400])
def test_secrets_are_in_no_outcome(status):
    """An API that echoes its request does not bring a secret into the history."""
    answer = an_answer(b'{"you":"s3cret-1"}', status=status, echo="Bearer s3cret-1")
    told = repr(outcome_of(answer, ("s3cret-1",)))
    assert "s3cret-1" not in told
    assert "[redacted]" in told
