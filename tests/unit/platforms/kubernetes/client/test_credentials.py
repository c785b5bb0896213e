"""Kubeconfigs as connections: real TLS, tokens, plugins; what is wrong is told with its place."""

import base64
import ipaddress
import json
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import NoConnection
from asw.platforms.kubernetes.client.credentials import connection_of
from asw.platforms.kubernetes.client.kubeconfig import read_kubeconfig
from asw.platforms.kubernetes.client.resources import PODS
from asw.reconciler.platform import Unavailable

ADDRESS = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
VERSION = "client.authentication.k8s.io/v1"


def pem_of(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def text_of(made):
    return made[0].public_bytes(serialization.Encoding.PEM).decode()


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def certificate(name, names=(), issuer=None):
    """A certificate and its key, signed by the issuer or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signer_name, signer_key = (subject, key) if issuer is None else (issuer[0].subject, issuer[1])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer_key, hashes.SHA256()), key


@pytest.fixture(scope="module")
def authority():
    """A certificate authority of our own."""
    return certificate("authority")


@asynccontextmanager
async def api_server(tmp_path, authority, names):
    """An HTTPS server that takes client certificates, or does without, and shows what it got."""
    own = certificate("server", names, authority)
    texts = {"server.pem": text_of(own), "server.key": pem_of(own[1]), "ca.pem": text_of(authority)}
    for file, text in texts.items():
        (tmp_path / file).write_text(text)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tmp_path / "ca.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # as clusters, which are written in Go
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    seen = []

    async def handle(request):
        peer = request.transport.get_extra_info("peercert")
        subject = dict(each[0] for each in peer["subject"]) if peer else {}
        seen.append((subject.get("commonName"), request.headers))
        return web.json_response({"metadata": {"name": "p"}})

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    server = TestServer(application, host="127.0.0.1")
    await server.start_server(ssl=context)
    try:
        yield f"https://127.0.0.1:{server.port}", seen
    finally:
        await server.close()


def written(tmp_path, cluster, user):
    """A kubeconfig of this cluster and user."""
    content = {
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    return read_kubeconfig([file])


async def ask(connection):
    async with KubeClient(connection) as client:
        await client.get(PODS, "a", "p")


@pytest.mark.parametrize("has_files", [True, False], ids=["files", "data"])
async def test_client_certificates(tmp_path, authority, has_files):
    """In files beside the kubeconfig, or in it."""
    mine = certificate("ann", (), authority)
    async with api_server(tmp_path, authority, ADDRESS) as (url, seen):
        if has_files:
            (tmp_path / "me.pem").write_text(text_of(mine))
            (tmp_path / "me.key").write_text(pem_of(mine[1]))
            cluster = {"server": url, "certificate-authority": "ca.pem"}
            user = {"client-certificate": "me.pem", "client-key": "me.key"}
        else:
            cluster = {"server": url, "certificate-authority-data": encoded(text_of(authority))}
            user = {
                "client-certificate-data": encoded(text_of(mine)),
                "client-key-data": encoded(pem_of(mine[1])),
            }
        await ask(connection_of(written(tmp_path, cluster, user), "c"))
        assert seen[0][0] == "ann"


async def test_the_name_of_the_certificate_may_be_another(tmp_path, authority):
    """tls-server-name: through a tunnel the address is not the one that was certified."""
    async with api_server(tmp_path, authority, [x509.DNSName("real.example")]) as (url, seen):
        cluster = {"server": url, "certificate-authority": "ca.pem"}
        with pytest.raises(Unavailable):
            await ask(connection_of(written(tmp_path, cluster, {}), "c"))
        cluster["tls-server-name"] = "real.example"
        await ask(connection_of(written(tmp_path, cluster, {}), "c"))
        del cluster["tls-server-name"]
        cluster["insecure-skip-tls-verify"] = True
        await ask(connection_of(written(tmp_path, cluster, {}), "c"))
        assert len(seen) == 2


def headers_of(tmp_path, user):
    cluster = {"server": "http://127.0.0.1:1"}
    connection = connection_of(written(tmp_path, cluster, user), "c")
    return connection.authorization(), connection.headers


def test_tokens_passwords_and_impersonation(tmp_path):
    """Who we are is in every request; a token file is read again, as it is renewed."""
    (tmp_path / "token").write_text("one\n")
    assert headers_of(tmp_path, {"token": "t"}) == ("Bearer t", ())
    assert headers_of(tmp_path, {"username": "a", "password": "b"})[0] == "Basic YTpi"
    assert headers_of(tmp_path, {}) == (None, ())
    cluster = {"server": "http://x"}
    connection = connection_of(written(tmp_path, cluster, {"tokenFile": "token"}), "c")
    assert connection.authorization() == "Bearer one"
    (tmp_path / "token").write_text("two")
    assert connection.authorization() == "Bearer two"
    user = {"token": "t", "as": "bob", "as-groups": ["g", "h"]}
    assert headers_of(tmp_path, user)[1] == (
        ("Impersonate-User", "bob"),
        ("Impersonate-Group", "g"),
        ("Impersonate-Group", "h"),
    )


async def test_headers_may_come_more_than_once(tmp_path, authority):
    """Groups are headers of one name."""
    async with api_server(tmp_path, authority, ADDRESS) as (url, seen):
        cluster = {"server": url, "certificate-authority": "ca.pem"}
        user = {"token": "t", "as": "bob", "as-groups": ["g", "h"]}
        await ask(connection_of(written(tmp_path, cluster, user), "c"))
        headers = seen[0][1]
        assert headers.getall("Impersonate-Group") == ["g", "h"]
        assert headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize(
    ("server", "proxy"),
    [
        ("https://far.test:6443", "http://proxy.test:3128"),
        ("https://10.0.0.1", "http://proxy.test:3128"),
        ("https://near.test", None),
        ("https://127.0.0.1:6443", None),
        ("https://[::1]:6443", None),
        ("https://localhost:6443", None),
    ],
)
def test_proxies_are_those_that_kubectl_takes(tmp_path, monkeypatch, server, proxy):
    """HTTPS_PROXY, but for NO_PROXY and for clusters of this machine."""
    for name in ("https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "near.test")
    cluster, user = {"server": server}, {"token": "t"}
    assert connection_of(written(tmp_path, cluster, user), "c").proxy == proxy


def a_plugin(tmp_path, *, lasts=3600, script=None):
    """A user whose plugin is a shell script beside the kubeconfig."""
    expiry = (datetime.now(UTC) + timedelta(seconds=lasts)).isoformat()
    status = f'{{"token": "$PREFIX-$1", "expirationTimestamp": "{expiry}"}}'
    answer = f'{{"apiVersion": "{VERSION}", "kind": "ExecCredential", "status": {status}}}'
    quoted = answer.replace('"', '\\"')
    file = tmp_path / "plugin"
    file.write_text(f'#!/bin/sh\necho x >> {tmp_path}/calls\n{script or f"""echo "{quoted}" """}\n')
    file.chmod(0o755)
    env = [{"name": "PREFIX", "value": "p"}]
    return {"exec": {"command": "./plugin", "args": ["x"], "env": env, "apiVersion": VERSION}}


@pytest.mark.parametrize(("lasts", "calls"), [(3600, 1), (5, 4)])
def test_plugins_give_tokens_until_these_expire(tmp_path, lasts, calls):
    """A plugin is found beside the kubeconfig, and asked again only when it must be."""
    cluster, user = {"server": "http://x"}, a_plugin(tmp_path, lasts=lasts)
    connection = connection_of(written(tmp_path, cluster, user), "c")
    for _ in range(3):
        assert connection.authorization() == "Bearer p-x"
    assert len((tmp_path / "calls").read_text().splitlines()) == calls


def test_plugins_hear_of_the_cluster(tmp_path):
    """With provideClusterInfo, and the extension that is meant for them."""
    script = f"""echo "$KUBERNETES_EXEC_INFO" > {tmp_path}/info
    echo '{{"kind": "ExecCredential", "status": {{"token": "t"}}}}'"""
    user = a_plugin(tmp_path, script=script)
    user["exec"]["provideClusterInfo"] = True
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "me"}}
    cluster = {"server": "http://x", "extensions": [extension]}
    assert connection_of(written(tmp_path, cluster, user), "c").authorization() == "Bearer t"
    spec = json.loads((tmp_path / "info").read_text())["spec"]
    assert spec["cluster"] == {"server": "http://x", "config": {"audience": "me"}}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (None, "No such file"),
        ("exit 3", "exit code 3"),
        ("echo no", "no ExecCredential"),
        ("echo '{\"status\": {}}'", "no credentials"),
    ],
)
def test_plugins_that_fail_are_told(tmp_path, script, words):
    """Nobody goes on without credentials, to be told 401; how to install it is told too."""
    user = a_plugin(tmp_path, script=script)
    user["exec"]["installHint"] = "get it at example.com"
    if script is None:
        (tmp_path / "plugin").unlink()
    with pytest.raises(NoConnection, match=words) as caught:
        connection_of(written(tmp_path, {"server": "http://x"}, user), "c")
    assert ("example.com" in str(caught.value)) is (script is None)


@pytest.mark.parametrize(
    ("cluster", "user", "words"),
    [
        ({}, {}, "no server"),
        ({"server": "https://x", "certificate-authority": "none.pem"}, {}, "none.pem"),
        ({"server": "https://x", "certificate-authority-data": "eA=="}, {}, "authority"),
        ({"server": "https://x"}, {"client-certificate-data": "eA=="}, "client certificate"),
        ({"server": "https://x"}, {"auth-provider": {"name": "gcp"}}, "auth-provider"),
        ({"server": "http://x"}, {"exec": {}}, "no command"),
    ],
)
def test_what_is_wrong_in_a_kubeconfig_is_named(tmp_path, cluster, user, words):
    """The field is in the message."""
    with pytest.raises(NoConnection, match=words):
        connection_of(written(tmp_path, cluster, user), "c")


def test_a_context_that_points_nowhere_is_told(tmp_path):
    """As after a cluster was deleted from the kubeconfig."""
    content = {"contexts": [{"name": "c", "context": {"cluster": "gone"}}]}
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(NoConnection, match="'gone'"):
        connection_of(read_kubeconfig([file]), "c")
