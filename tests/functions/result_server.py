"""A result server on the loopback, over real TLS, that records calls and answers as told."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SERVER_NAME = "asw-results.test"
RESOLVABLE_NAME = "localhost"
"""The other name in its certificate, which every resolver knows."""
TOKEN = "token-of-this-start"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    token: str | None
    body: bytes


@dataclass(slots=True)
class ResultServer:
    """What the server was asked, and what it answers next."""

    port: int
    ca: str
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    hang_up: int = 0
    """So many requests get no answer at all, and are not recorded."""

    def variables(self) -> dict[str, str]:
        """The contract variables that lead here."""
        base = f"https://127.0.0.1:{self.port}/v1/tasks/uid-1"
        return {
            "ASW_RESULT_URL": f"{base}/outcome",
            "ASW_HEARTBEAT_URL": f"{base}/heartbeat",
            "ASW_CA": self.ca,
            "ASW_SERVER_NAME": SERVER_NAME,
            "ASW_TASK_TOKEN": TOKEN,
        }

    def moved(self) -> dict[str, str]:
        """The same variables of a server that has another address by now, and its old name."""
        told = {name: it.replace("127.0.0.1", "127.0.0.2") for name, it in self.variables().items()}
        return {**told, "ASW_SERVER_NAME": RESOLVABLE_NAME}

    def bodies(self) -> list[bytes]:
        """The bodies of the posted outcomes, in order."""
        return [call.body for call in self.calls if call.path.endswith("/outcome")]

    def take(self, call: Call) -> tuple[int, bytes]:
        """Record the call; the answers run out into 200."""
        self.calls.append(call)
        return self.answers.pop(0) if self.answers else (200, b"")


@contextmanager
def serving(folder: Path) -> Iterator[ResultServer]:
    """The server, with a certificate authority of its own."""
    ca, certificate = make_certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as httpd:
        httpd.socket = context.wrap_socket(
            httpd.socket, server_side=True, do_handshake_on_connect=False
        )
        server = ResultServer(port=httpd.server_port, ca=ca)
        httpd.result_server = server  # type: ignore[attr-defined]
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield server
        httpd.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.server.result_server.hang_up > 0:  # type: ignore[attr-defined]
            self.server.result_server.hang_up -= 1  # type: ignore[attr-defined]
            return
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        call = Call(self.command, self.path, token if scheme == "Bearer" else None, body)
        status, answer = self.server.result_server.take(call)  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments: Any) -> None:
        """Keep the test's output clean."""


def make_certificates(folder: Path) -> tuple[str, Path]:
    """PEM of a fresh CA, and a file with key and certificate of the server."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(SERVER_NAME), x509.DNSName(RESOLVABLE_NAME)]
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test server")])
    ca = (
        _builder(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    certificate = (
        _builder(name, ca_name, key)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(pem))
    return ca.public_bytes(pem).decode(), file


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
    )
