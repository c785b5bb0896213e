"""How a call shows who it is, and that nothing else shows it."""

import pytest
from yarl import URL

from asw.connector.http.authorization import (
    ApiKey,
    Basic,
    NoToken,
    OAuth,
    Whole,
    header_of,
    read_token,
    redacted,
    secrets_of,
    token_body,
    token_headers,
    whole_url,
)
from asw.connector.http.requests import BadRequest, HttpRequest

BASIC = Basic(username="Aladdin", password="open sesame")
OAUTH = OAuth(
    endpoint="https://auth.example.com/token",
    client_id="me",
    client_secret='qu"oted&secret',
    form=(("scope", "a b"),),
)
ASKED = HttpRequest(method="POST", url=URL(OAUTH.endpoint))


def test_headers():
    """Basic as RFC 7617 has it, a key as it is."""
    assert header_of(BASIC) == ("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    assert header_of(ApiKey(header="X-Key", value="k-123456")) == ("X-Key", "k-123456")


def test_client_credentials_go_by_basic_or_in_the_body():
    """Servers take the one, the other, or both; a connection says which."""
    assert token_body(OAUTH) == b"grant_type=client_credentials&scope=a+b"
    assert dict(token_headers(ASKED, OAUTH))["Authorization"].startswith("Basic ")
    in_body = OAuth(endpoint=OAUTH.endpoint, client_id="me", client_secret="s&s", in_body=True)
    assert token_body(in_body) == (
        b"grant_type=client_credentials&client_id=me&client_secret=s%26s"
    )
    assert token_headers(ASKED, in_body) == ()


def test_a_token_is_used_until_shortly_before_its_end():
    """So it does not expire on its way; without a span it is for one call."""
    token = read_token(200, b'{"access_token":"t-1","expires_in":3600}')
    assert (token.text, token.seconds) == ("t-1", 3570)
    assert read_token(200, b'{"access_token":"t-1"}').seconds is None


@pytest.mark.parametrize(
    ("status", "data", "told"),
    [
        (401, b'{"access_token":"t-1"}', "answered 401"),
        (200, b"<html>", "no access_token"),
        (200, b'{"access_token":5}', "no access_token"),
        (200, b'{"access_token":"a\\r\\nHost: b"}', "no access_token"),
    ],
)
def test_what_is_no_token(status, data, told):
    """It is told without what was answered."""
    with pytest.raises(NoToken, match=told):
        read_token(status, data)


HOOK = Whole(url="https://hooks.example/services/T0/s3cr3t?key=äb")


def test_a_secret_url_takes_the_place_of_its_origin():
    """Path and query are those of the Secret; the definition shows where it goes, and no more."""
    asked = HttpRequest(method="POST", url=URL("https://hooks.example"))
    assert whole_url(asked, HOOK) == URL(HOOK.url)


@pytest.mark.parametrize(
    ("asked", "secret", "told"),
    [
        ("https://hooks.example/services", HOOK, "without path and query"),
        ("https://hooks.example/?a=1", HOOK, "without path and query"),
        ("https://evil.example", HOOK, "is not at https://evil.example"),
        ("http://hooks.example", HOOK, "is not at http://hooks.example"),
        ("https://hooks.example", Whole(url="s3cr3t"), "is not at https://hooks.example"),
        ("https://hooks.example", Whole(url="https://[s3cr3t"), "is not at"),
    ],
)
def test_where_a_secret_url_does_not_go(asked, secret, told):
    """Nor is it told: neither the URL, nor a part of it."""
    with pytest.raises(BadRequest, match=told) as refused:
        whole_url(HttpRequest(method="POST", url=URL(asked)), secret)
    assert "s3cr3t" not in str(refused.value)


def test_no_representation_has_a_secret():
    """A value may end up in a traceback."""
    assert "sesame" not in repr(BASIC)
    assert "oted" not in repr(OAUTH)
    assert "k-123456" not in repr(ApiKey(header="X-Key", value="k-123456"))
    assert "s3cr3t" not in repr(HOOK)


def test_every_spelling_of_a_secret_is_taken_out():
    """In Basic, in JSON, and as it is; what is short is in every text."""
    text = r'{"a":"qu\"oted&secret","b":"bWU6cXUib3RlZCZzZWNyZXQ="} qu"oted&secret'
    assert redacted(text, secrets_of(OAUTH)) == ('{"a":"[redacted]","b":"[redacted]"} [redacted]')
    paths = "no /services/T0/s3cr3t?key=%C3%A4b here, nor https://hooks.example/services/T0/s3cr3t?key=äb"
    assert redacted(paths, secrets_of(HOOK)) == "no [redacted] here, nor [redacted]"
    assert secrets_of(ApiKey(header="X", value="abc")) == ()
    assert secrets_of(None) == ()
