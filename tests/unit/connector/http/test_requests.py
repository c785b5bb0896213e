"""Which request the parameters of http:invoke mean."""

import pytest

from asw.connector.http.requests import (
    BadRequest,
    connection_named,
    http_request,
    is_connection_known,
    is_reading,
    url_encoded,
)

ARN = "arn:aws:events:us-east-2:123456789012:connection/Stripe/81210c42-8af1-456b-9c4a-6ff02fc664ac"
FORM = "application/x-www-form-urlencoded"


def given(**fields):
    """Parameters with what every call has."""
    return {"ApiEndpoint": "https://api.example.com/v1/customers", "Method": "GET", **fields}


def test_the_least_that_is_needed():
    """Endpoint and method make a request."""
    request = http_request(given())
    assert (request.method, str(request.url)) == ("GET", "https://api.example.com/v1/customers")
    assert (request.headers, request.body) == ((), None)


def test_a_query_is_added_to_the_one_of_the_endpoint():
    """Arrays repeat their name, null is left out, and every character arrives."""
    query = {"limit": 5, "type": ["a&b", "ü"], "none": None, "ok": True}
    request = http_request(
        given(ApiEndpoint="https://api.example.com/a?x=1#top", QueryParameters=query)
    )
    assert str(request.url) == (
        "https://api.example.com/a?x=1&limit=5&type=a%26b&type=%C3%BC&ok=true"
    )


@pytest.mark.parametrize(
    ("fields", "kind", "body"),
    [
        ({"RequestBody": {"a": [1, "ü"]}}, "application/json", '{"a":[1,"ü"]}'),
        ({"RequestBody": "as it is"}, "application/json", "as it is"),
        ({"RequestBody": "<a/>", "Headers": {"content-type": "text/xml"}}, "text/xml", "<a/>"),
        (
            {"RequestBody": {"a": "b c"}, "Transform": {"RequestBodyEncoding": "URL_ENCODED"}},
            FORM,
            "a=b%20c",
        ),
    ],
)
def test_a_body_has_its_type(fields, kind, body):
    """An object is JSON, a text is itself, and the state may say another type."""
    request = http_request(given(Method="POST", **fields))
    assert {name.lower(): it for name, it in request.headers} == {"content-type": kind}
    assert request.body == body.encode()


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ("INDICES", "array[0]=a&array[1]=b"),
        ("REPEAT", "array=a&array=b"),
        ("COMMAS", "array=a,b"),
        ("BRACKETS", "array[]=a&array[]=b"),
    ],
)
def test_arrays_in_a_form(arrays, text):
    """The four formats of the developer guide."""
    assert url_encoded({"array": ["a", "b"]}, arrays) == text


def test_an_object_in_a_form():
    """Members are in brackets, as servers of forms read them; null is left out."""
    body = {"card": {"number": 42, "tags": ["x"]}, "none": None, "on": False}
    assert url_encoded(body, "INDICES") == "card[number]=42&card[tags][0]=x&on=false"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"Method": "TRACE"}, "Method must be one of GET"),
        ({"ApiEndpoint": "api.example.com"}, "must be a URL"),
        ({"ApiEndpoint": "ftp://api.example.com"}, "must be a URL"),
        ({"ApiEndpoint": "https://api.example.com:99999/"}, "must be a URL"),
        ({"ApiEndpoint": "https://u:s3cret@api.example.com"}, "no user and password"),
        ({"Headers": {"Host": "other"}}, "must not have Host"),
        ({"Headers": {"X-Amz-Date": "1"}}, "must not have X-Amz-Date"),
        ({"Headers": {"x-forwarded-for": "1"}}, "must not have x-forwarded-for"),
        ({"Headers": {"A b": "1"}}, "no header can have"),
        ({"Headers": {"A": "1\r\nHost: other"}}, "one line"),
        ({"Headers": ["A"]}, "Headers must be an object"),
        ({"QueryParameters": {"a": {"b": 1}}}, "QueryParameters.a must be a text"),
        ({"Transform": {"RequestBodyEncoding": "GZIP"}}, "NONE or URL_ENCODED"),
        (
            {"RequestBody": "x", "Transform": {"RequestBodyEncoding": "URL_ENCODED"}},
            "RequestBody must be an object",
        ),
        (
            {
                "RequestBody": {},
                "Transform": {
                    "RequestBodyEncoding": "URL_ENCODED",
                    "RequestEncodingOptions": {"ArrayFormat": "TABS"},
                },
            },
            "ArrayFormat must be one of INDICES",
        ),
        (
            {
                "RequestBody": {},
                "Headers": {"Content-Type": "application/json"},
                "Transform": {"RequestBodyEncoding": "URL_ENCODED"},
            },
            "Content-Type must be application/x-www-form-urlencoded",
        ),
    ],
)
def test_what_makes_no_request_is_told_by_its_field(fields, told):
    """The message has the field and never a value that may be secret."""
    with pytest.raises(BadRequest, match=told) as caught:
        http_request(given(**fields))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("parameters", ["text", [], None])
def test_parameters_are_an_object(parameters):
    """Whatever else a run gives has a named end, too."""
    with pytest.raises(BadRequest):
        http_request(parameters)


@pytest.mark.parametrize(
    ("parameters", "name", "is_known"),
    [
        ({"Authentication": {"ConnectionArn": ARN}}, "Stripe", True),
        ({"InvocationConfig": {"ConnectionArn": ARN}}, "Stripe", True),
        ({"Authentication": {"ConnectionArn": ARN.rpartition("/")[0]}}, "Stripe", True),
        ({"Authentication": {"ConnectionArn.$": "$.c"}}, None, False),
        ({"Authentication.$": "$.c"}, None, False),
        ({"Authentication": {"ConnectionArn": "{% $c %}"}}, None, False),
        ("{% $all %}", None, False),
        ({}, None, True),
    ],
)
def test_the_connection_is_named_by_its_arn(parameters, name, is_known):
    """Its name comes before the id; what a run decides is not known from the definition."""
    assert connection_named(parameters) == name
    assert is_connection_known(parameters) == is_known


def test_only_reading_may_be_done_twice():
    """RFC 9110: methods that are safe."""
    assert [it for it in ("GET", "POST", "PUT", "HEAD") if is_reading({"Method": it})] == [
        "GET",
        "HEAD",
    ]
