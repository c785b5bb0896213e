"""Which request the parameters of apigateway:invoke mean."""

import pytest

from asw.asl.resources import ServiceInvocation
from asw.connector.calls import Call
from asw.connector.connector import repetition_of
from asw.connector.http.gateway import gateway_request
from asw.connector.http.requests import BadRequest
from asw.connector.reads import may_repeat

HOST = "abc123.execute-api.eu-central-1.amazonaws.com"
LAB = "http://127.0.0.1:4566/ignored"


def given(**fields):
    """Parameters with what every call has."""
    return {"ApiEndpoint": HOST, "Method": "GET", **fields}


def request(endpoint=None, **fields):
    """The request for these fields."""
    return gateway_request(given(**fields), endpoint).request


def test_the_least_that_is_needed():
    """Endpoint and method make a request by https that nothing signs."""
    made = gateway_request(given(), None)
    assert (made.request.method, str(made.request.url)) == ("GET", f"https://{HOST}/")
    assert (made.request.headers, made.request.body, made.is_signed) == ((), None, False)


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"Stage": "prod", "Path": "bills"}, "/prod/bills"),
        ({"Stage": "prod", "Path": "/bills/add"}, "/prod/bills/add"),
        ({"Path": "bills"}, "/bills"),
        ({"Stage": "prod"}, "/prod/"),
        ({"Stage": "$default", "Path": "a b/ü?x#y"}, "/$default/a%20b/%C3%BC%3Fx%23y"),
        ({"Path": "50%/a%2Fb"}, "/50%25/a%2Fb"),
        ({"QueryParameters": {"id": ["a&b", 2, None, True]}}, "/?id=a%26b&id=2&id=true"),
        ({"QueryParameters": {"ü =": ["+"], "none": None}}, "/?%C3%BC%20%3D=%2B"),
    ],
)
def test_stage_path_and_query_make_the_url(fields, url):
    """Each character arrives as itself, and nothing in a path begins a query."""
    assert str(request(**fields).url) == f"https://{HOST}{url}"


def test_an_endpoint_takes_the_place_of_aws():
    """Its origin is called by the same path, and the host header says which API is meant."""
    made = request(LAB, Stage="prod", Path="bills")
    assert str(made.url) == "http://127.0.0.1:4566/prod/bills"
    assert made.headers == (("Host", HOST),)
    assert request(LAB, ApiEndpoint="api.localhost:4566").headers == (
        ("Host", "api.localhost:4566"),
    )


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"RequestBody": {}}, b"{}"),
        ({"RequestBody": "text"}, b"text"),
        ({"RequestBody": {"a": None, "b": [{"c": None}, None]}}, b'{"b":[{},null]}'),
        (
            {"RequestBody": {"a": None, "b": [{"c": None}]}, "AllowNullValues": True},
            b'{"a":null,"b":[{"c":null}]}',
        ),
    ],
)
def test_the_body_has_null_fields_only_if_they_are_allowed(fields, body):
    """Without AllowNullValues fields that are null are not sent, at any depth."""
    made = request(Method="POST", **fields)
    assert made.body == body
    assert made.headers == (("Content-Type", "application/json"),)


def test_headers_are_lists_of_values():
    """Each value is a line of its own; a type that is given is not replaced."""
    headers = {"X-A": ["1", "2"], "content-type": ["text/plain"], "Accept-Encoding": ["gzip"]}
    made = request(Headers=headers, RequestBody="x")
    assert made.headers == (("X-A", "1"), ("X-A", "2"), ("content-type", "text/plain"))


@pytest.mark.parametrize(
    "name",
    ["Authorization", "HOST", "Content-Length", "TE", "X-Amz-Date", "X-Amzn-Trace", "x-forwarded"],
)
def test_headers_that_no_state_may_set(name):
    """AWS's list and its prefixes, and what would end a request early, by AWS's sentence."""
    with pytest.raises(BadRequest, match=rf"unsupported values: \[{name}\]"):
        request(Headers={name: ["secret"]})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"Method": "TRACE"}, "Method must be one of"),
        ({"ApiEndpoint": None}, "ApiEndpoint must be the host of an API in API Gateway"),
        ({"ApiEndpoint": "evil.example.com"}, "ApiEndpoint must be the host"),
        ({"ApiEndpoint": f"evil.example.com/{HOST}"}, "ApiEndpoint must be the host"),
        ({"ApiEndpoint": f"https://{HOST}"}, "ApiEndpoint must be the host"),
        ({"AuthType": "IAM_AUTH"}, "AuthType must be NO_AUTH or IAM_ROLE"),
        ({"AuthType": "RESOURCE_POLICY"}, "use IAM_ROLE"),
        ({"Headers": {"X-A": "1"}}, "'Headers' has an invalid format"),
        ({"Headers": {"X-A": ["1\r\nHost: x"]}}, "must be one line of text"),
        ({"Headers": {"X A": ["1"]}}, "a name that no header can have"),
        ({"QueryParameters": {"a": [{}]}}, "'QueryParameters' has an invalid format"),
        ({"QueryParameters": "a=1"}, "'QueryParameters' has an invalid format"),
        ({"Path": 1}, "Path must be a text"),
        ({"AllowNullValues": "yes"}, "AllowNullValues must be true or false"),
    ],
)
def test_what_makes_no_request_is_named(fields, told):
    """The message names the field."""
    with pytest.raises(BadRequest, match=told):
        request(**fields)


def test_a_host_of_an_endpoint_is_still_a_host():
    """It ends up in a header."""
    with pytest.raises(BadRequest, match="must be a host"):
        request(LAB, ApiEndpoint="a\r\nX-Evil: 1")


@pytest.mark.parametrize(
    ("method", "is_repeated"),
    [("GET", True), ("HEAD", True), ("OPTIONS", True), ("POST", False), ("DELETE", False)],
)
def test_only_what_changes_nothing_is_made_again(method, is_repeated):
    """A lost call is made again by its method alone, here as on a cluster."""
    call = Call(
        service="apigateway",
        action="invoke",
        sdk=False,
        parameters=given(Method=method),
        task_id="t",
    )
    invocation = ServiceInvocation(service="apigateway", action="invoke", sdk=False)
    assert may_repeat(invocation, call.parameters) is is_repeated
    assert (repetition_of(call) == "Always") is is_repeated
