"""A mutating webhook that injects containers into task pods, as meshes and log shippers do.

It runs in the cluster, in the test's own namespace, from the image of the python3 runtime; its
certificate is its own authority.
"""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from dev.images import IMAGES, version
from tests.support.space import Object, Space

IMAGE = f"{IMAGES[1].name}:{version()}"
NAME = "injector"
_SERVER = """
import base64, http.server, json, os, ssl

patch = base64.b64encode(os.environ["PATCH"].encode()).decode()

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {"uid": review["request"]["uid"], "allowed": True}
        answer |= {"patchType": "JSONPatch", "patch": patch}
        body = json.dumps({**review, "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tls/tls.crt", "/tls/tls.key")
server = http.server.ThreadingHTTPServer(("", 8443), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def sidecar(source: str, **fields: Object) -> Object:
    """A container named proxy that runs this Python."""
    command = ["python3", "-u", "-c", source]
    return {"name": "proxy", "image": IMAGE, "command": command, **fields}


@contextmanager
def injected(space: Space, container: Object) -> Iterator[None]:
    """Every task pod of the namespace gets this container, before its own."""
    certificate, key = _certificate(f"{NAME}.{space.namespace}.svc")
    patch = [{"op": "add", "path": "/spec/containers/0", "value": container}]
    space.apply(_secret(certificate, key), _deployment(json.dumps(patch)), _service())
    hook = f"mutatingwebhookconfiguration/{space.namespace}"
    space.kubectl("rollout", "status", f"deployment/{NAME}", "--timeout=300s")
    space.apply(_configuration(space.namespace, certificate))
    try:
        yield
    finally:
        space.kubectl("delete", hook)


def _certificate(name: str) -> tuple[bytes, bytes]:
    """A certificate for this name, that it signed itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM), pem


def _secret(certificate: bytes, key: bytes) -> Object:
    data = {"tls.crt": certificate.decode(), "tls.key": key.decode()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": NAME},
        "type": "kubernetes.io/tls",
        "stringData": data,
    }


def _deployment(patch: str) -> Object:
    container = {
        "name": NAME,
        "image": IMAGE,
        "command": ["python3", "-u", "-c", _SERVER],
        "env": [{"name": "PATCH", "value": patch.replace("$", "$$")}],
        "readinessProbe": {"tcpSocket": {"port": 8443}, "periodSeconds": 1},
        "volumeMounts": [{"name": "tls", "mountPath": "/tls"}],
    }
    pod = {"containers": [container], "volumes": [{"name": "tls", "secret": {"secretName": NAME}}]}
    labels = {"app": NAME}
    template = {"metadata": {"labels": labels}, "spec": {**pod, "terminationGracePeriodSeconds": 0}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def _service() -> Object:
    spec = {"selector": {"app": NAME}, "ports": [{"port": 443, "targetPort": 8443}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME}, "spec": spec}


def _configuration(namespace: str, certificate: bytes) -> Object:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"]}
    webhook = {
        "name": f"{NAME}.asw.test",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "clientConfig": {
            "service": {"name": NAME, "namespace": namespace},
            "caBundle": base64.b64encode(certificate).decode(),
        },
        "rules": [{**rule, "resources": ["pods"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "objectSelector": {"matchLabels": {"asw.dev/kind": "task"}},
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": namespace},
        "webhooks": [webhook],
    }
