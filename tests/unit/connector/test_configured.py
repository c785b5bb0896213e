"""A Connection as its pod has it: a variable and mounted files, which change while it runs."""

import json
from ipaddress import ip_network

import pytest

from asw.connector.calls import Call, Failed
from asw.connector.configured import Configured, NotConfigured
from asw.connector.connector import Connector
from asw.connector.http.access import HttpAccess
from asw.connector.http.authorization import ApiKey, Basic, OAuth, Whole
from asw.connector.places import Access, Credentials, WebIdentity
from tests.functions.result_server import make_certificates
from tests.support.connector_pods import connection, put_keys

KEYS = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "of-tests"}
NOTHING = "Connection lab: there is nothing to sign calls with:"
ROLE = "arn:aws:iam::123456789012:role/lab"


def configured(files, spec=None, text=None):
    """The Connection of a pod with these files."""
    variables = {
        "ASW_CONNECTION": json.dumps(spec or connection("http://lab:9000"))
        if text is None
        else text,
        "ASW_CONNECTION_NAME": "lab",
        "ASW_CONNECTION_FILES": str(files),
    }
    return Configured(variables)


def refusal(files, spec=None, text=None):
    """Why no call can be made: error and cause."""
    with pytest.raises(NotConfigured) as error:
        configured(files, spec, text).access()
    return error.value.failure.error, error.value.failure.cause


def test_all_of_a_connection_becomes_an_access(tmp_path):
    """Fields and files, with the line ends that editors leave."""
    ca, _ = make_certificates(tmp_path)
    put_keys(tmp_path / "credentials", **KEYS, AWS_SESSION_TOKEN="for-a-while\n")
    put_keys(tmp_path / "ca", **{"ca.crt": ca})
    spec = connection(
        "https://lab:9000",
        ca={"configMapKeyRef": {"name": "lab-ca", "key": "ca.crt"}},
        connectTimeoutSeconds=3,
        timeoutSeconds=9,
        maxCallsPerSecond=20,
        allowedAddresses=["10.0.0.0/8"],
        workflows=["orders"],
    )
    assert configured(tmp_path, spec).access() == Access(
        name="lab",
        region="us-east-1",
        endpoint="https://lab:9000",
        path_style=True,
        ca=ca.strip(),
        connect_seconds=3,
        call_seconds=9,
        calls_per_second=20,
        credentials=Credentials(
            access_key_id="AKID", secret_access_key="of-tests", session_token="for-a-while"
        ),
        allowed=(ip_network("10.0.0.0/8"),),
    )


def test_defaults_are_those_of_the_custom_resource(tmp_path):
    """What a Connection leaves out is as its CRD says."""
    put_keys(tmp_path / "credentials", **KEYS)
    spec = {"kind": "aws", "region": "eu-central-1", "credentials": {"secretRef": {"name": "k"}}}
    access = configured(tmp_path, spec).access()
    assert (access.endpoint, access.path_style, access.ca) == (None, False, None)
    assert (access.connect_seconds, access.call_seconds) == (5, 60)
    assert (access.calls_per_second, access.allowed) == (None, ())


def test_the_same_files_are_the_same_access(tmp_path):
    """So connections are kept from call to call."""
    put_keys(tmp_path / "credentials", **KEYS)
    given = configured(tmp_path)
    assert given.access() is given.access()


def test_rotated_keys_are_read(tmp_path):
    """The kubelet swaps the folder: the next call is signed with the new key."""
    put_keys(tmp_path / "credentials", **KEYS)
    given = configured(tmp_path)
    assert given.access().credentials.access_key_id == "AKID"
    put_keys(tmp_path / "credentials", **{**KEYS, "AWS_ACCESS_KEY_ID": "AKID2"})
    assert given.access().credentials.access_key_id == "AKID2"


def test_keys_that_come_later_are_read(tmp_path):
    """A Secret that lacked a key is completed without a new pod."""
    put_keys(tmp_path / "credentials", AWS_ACCESS_KEY_ID="AKID")
    given = configured(tmp_path)
    with pytest.raises(NotConfigured):
        given.access()
    put_keys(tmp_path / "credentials", **KEYS)
    assert given.access().credentials.secret_access_key == "of-tests"


@pytest.mark.parametrize(
    ("keys", "missing"),
    [
        ({}, "AWS_ACCESS_KEY_ID"),
        ({"AWS_ACCESS_KEY_ID": "AKID"}, "AWS_SECRET_ACCESS_KEY"),
        ({**KEYS, "AWS_SECRET_ACCESS_KEY": " \n"}, "AWS_SECRET_ACCESS_KEY"),
    ],
    ids=["no file", "no secret", "blank"],
)
def test_a_missing_key_is_named(tmp_path, keys, missing):
    """The failure names Secret and key, and no value."""
    put_keys(tmp_path / "credentials", **keys)
    error, cause = refusal(tmp_path)
    assert error == "Asw.NoCredentials"
    assert cause == f"{NOTHING} Secret lab-keys has no key {missing}: add it"


async def test_a_connection_without_credentials_signs_nothing(tmp_path, monkeypatch):
    """On a cluster nothing is taken from the pod's surroundings."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-node")
    access = configured(tmp_path, {"kind": "aws", "region": "us-east-1"}).access()
    call = Call(service="dynamodb", action="listTables", sdk=True, parameters={}, task_id="t")
    async with Connector() as connector:
        refused = await connector.make(call, access)
    told = f"{NOTHING} it has none: add spec.credentials"
    assert refused == Failed(error="Asw.NoCredentials", cause=told)


def test_a_role_is_assumed_by_the_pods_token(tmp_path):
    """The token stays in its file, from which it is read each time."""
    spec = connection("http://lab:9000", credentials={"webIdentity": {"roleArn": ROLE}})
    told = f"{NOTHING} the pod has no token of its service account"
    assert refusal(tmp_path, spec) == ("Asw.NoCredentials", told)
    (tmp_path / "token").write_text("a.b.c")
    access = configured(tmp_path, spec).access()
    assert access.credentials is None
    assert access.web_identity == WebIdentity(role_arn=ROLE, token_file=str(tmp_path / "token"))
    assert "a.b.c" not in repr(access)


@pytest.mark.parametrize(
    ("reference", "text", "why"),
    [
        ("configMapKeyRef", None, "its certificates are in ConfigMap lab-ca, key ca.crt: add it"),
        ("secretKeyRef", None, "its certificates are in Secret lab-ca, key ca.crt: add it"),
        ("configMapKeyRef", "x", "ConfigMap lab-ca, key ca.crt holds no certificates in PEM"),
    ],
    ids=["no ConfigMap", "no Secret", "no PEM"],
)
def test_certificates_that_cannot_be_used_are_named(tmp_path, reference, text, why):
    """The failure says where they were looked for."""
    put_keys(tmp_path / "credentials", **KEYS)
    if text:
        put_keys(tmp_path / "ca", **{"ca.crt": text})
    spec = connection("https://lab", ca={reference: {"name": "lab-ca", "key": "ca.crt"}})
    assert refusal(tmp_path, spec) == ("Asw.NoConnection", f"Connection lab: {why}")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "spec: Invalid JSON"),
        ("{", "spec: Invalid JSON"),
        ('{"kind": "aws"}', "spec: Value error, kind aws needs a region"),
        ('{"kind": "aws", "region": "us-east-1", "endpoint": "ftp://x"}', "spec.endpoint: "),
    ],
)
def test_a_connection_that_makes_no_sense_is_told_by_its_field(tmp_path, text, place):
    """A newer operator's Connection fails its calls by name, not the pod."""
    error, cause = refusal(tmp_path, text=text)
    assert error == "Asw.NoConnection"
    assert cause.startswith(f"Connection lab: {place}")


def test_secrets_do_not_show(tmp_path):
    """Neither in an Access that is printed nor in a failure."""
    put_keys(tmp_path / "credentials", **KEYS, AWS_SESSION_TOKEN="for-a-while")
    shown = repr(configured(tmp_path).access())
    assert "of-tests" not in shown
    assert "for-a-while" not in shown


def an_api(**http):
    """The spec of a Connection to an API."""
    return {"kind": "http", "endpoint": "https://api.example", "http": http}


_SECRET = {"secretRef": {"name": "keys"}}
_OAUTH = {**_SECRET, "endpoint": "https://auth.example/token", "parameters": {"scope": "all"}}
_API_KEY = {"header": "X-Key", "secretKeyRef": {"name": "keys", "key": "value"}}
_WAYS = [
    (
        {"basic": _SECRET},
        {"username": "me\n", "password": "of-tests\n"},
        Basic(username="me", password="of-tests"),
        "password",
    ),
    (
        {"apiKey": _API_KEY},
        {"api_key": "of-tests"},
        ApiKey(header="X-Key", value="of-tests"),
        "value",
    ),
    (
        {"oauth": {**_OAUTH, "credentialsIn": "Body"}},
        {"client_id": "me", "client_secret": "of-tests"},
        OAuth(
            endpoint="https://auth.example/token",
            client_id="me",
            client_secret="of-tests",
            form=(("scope", "all"),),
            in_body=True,
        ),
        "clientSecret",
    ),
    (
        {"url": {"secretKeyRef": {"name": "keys", "key": "hook"}}},
        {"url": "https://api.example/hooks/of-tests\n"},
        Whole(url="https://api.example/hooks/of-tests"),
        "hook",
    ),
]


@pytest.mark.parametrize(("http", "files", "authorization", "last"), _WAYS, ids=list("bkou"))
def test_a_connection_to_an_api_becomes_an_access(tmp_path, http, files, authorization, last):
    """By each way to show who calls; the file that lacks is named by Secret and key."""
    put_keys(tmp_path / "credentials", **files)
    spec = {**an_api(**http), "timeoutSeconds": 9, "allowedAddresses": ["10.0.0.0/8"]}
    assert configured(tmp_path, spec).access() == HttpAccess(
        name="lab",
        endpoint="https://api.example",
        call_seconds=9,
        allowed=(ip_network("10.0.0.0/8"),),
        authorization=authorization,
    )
    (tmp_path / "credentials" / list(files)[-1]).unlink()
    told = f"Connection lab: Secret keys has no key {last}: add it"
    assert refusal(tmp_path, spec) == ("Asw.NoCredentials", told)


def test_an_api_that_wants_nothing_gets_nothing(tmp_path):
    """Neither files nor a header."""
    assert configured(tmp_path, {"kind": "http"}).access().authorization is None


def test_a_rotated_password_is_read(tmp_path):
    """The kubelet swaps the folder: the next call has the new one."""
    put_keys(tmp_path / "credentials", username="me", password="old-one")
    given = configured(tmp_path, an_api(basic=_SECRET))
    assert given.access() is given.access()
    put_keys(tmp_path / "credentials", username="me", password="new-one")
    assert given.access().authorization.password == "new-one"


OWN = {"kind": "kubernetes"}
ELSEWHERE = {
    "kind": "kubernetes",
    "endpoint": "https://k.example:6443",
    "kubernetes": {"secretKeyRef": {"name": "prod", "key": "admin"}},
    "ca": {"secretKeyRef": {"name": "prod", "key": "ca.crt"}},
}


def in_a_pod(files, spec):
    """The Connection of a pod that has an API server."""
    variables = {
        "ASW_CONNECTION": json.dumps(spec),
        "ASW_CONNECTION_NAME": "lab",
        "ASW_CONNECTION_FILES": str(files),
        "KUBERNETES_SERVICE_HOST": "10.96.0.1",
        "KUBERNETES_SERVICE_PORT": "443",
    }
    return Configured(variables)


def test_the_own_cluster_is_called_as_the_pods_account(tmp_path):
    """Its address comes from the pod, its token from a file that is read for each request."""
    ca, _ = make_certificates(tmp_path)
    files = {"ca.crt": ca, "namespace": "shop", "token": "first"}
    put_keys(tmp_path / "cluster", **files)
    given = in_a_pod(tmp_path, {**OWN, "timeoutSeconds": 9})
    access = given.access()
    assert (access.server, access.namespace) == ("https://10.96.0.1:443", "shop")
    assert (access.call_seconds, access.authorization()) == (9, "Bearer first")
    assert given.access() is access
    put_keys(tmp_path / "cluster", **{**files, "token": "second"})
    assert given.access().authorization() == access.authorization() == "Bearer second"
    chosen = in_a_pod(tmp_path, {**OWN, "kubernetes": {"namespace": "web"}}).access()
    assert chosen.namespace == "web"


def test_a_pod_without_a_token_of_its_account_says_so(tmp_path):
    """The kubelet would not have started it: another place than a pod."""
    told = "Connection lab: the pod has no token of its service account"
    assert refusal(tmp_path, OWN) == ("Asw.NoCredentials", told)


def test_a_cluster_elsewhere_is_called_by_a_token_of_a_secret(tmp_path):
    """Its address is checked as that of a service; a token that rotates is read again."""
    ca, _ = make_certificates(tmp_path)
    put_keys(tmp_path / "ca", **{"ca.crt": ca})
    told = "Connection lab: Secret prod has no key admin: add it"
    assert refusal(tmp_path, ELSEWHERE) == ("Asw.NoCredentials", told)
    put_keys(tmp_path / "credentials", token="first")
    given = in_a_pod(tmp_path, {**ELSEWHERE, "allowedAddresses": ["10.0.0.0/8"]})
    access = given.access()
    assert (access.server, access.authorization()) == ("https://k.example:6443", "Bearer first")
    assert access.allowed == (ip_network("10.0.0.0/8"),)
    put_keys(tmp_path / "credentials", token="second")
    assert given.access().authorization() == "Bearer second"
