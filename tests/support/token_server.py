"""A server of tokens as GHCR and Docker Hub have one, which distribution trusts by its key."""

import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import BasicAuth, web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support.registries import PASSWORD, USER

SERVICE, ISSUER, KEY, REFRESH = "tests", "tests-issuer", "key-1", "refresh-me"


@dataclass(slots=True)
class TokenServer:
    """Everybody may pull; whoever has the password or the refresh token may push too."""

    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    lifetime: int = 300
    granted: list[str] = field(default_factory=list)

    def auth(self, folder: Path, realm: str) -> dict[str, object]:
        """The part of distribution's configuration that trusts this server."""
        numbers = self.key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "kid": KEY, "alg": "RS256"}
        key |= {"n": _number(numbers.n), "e": _number(numbers.e)}
        (folder / "jwks.json").write_text(json.dumps({"keys": [key]}))
        jwks = str(folder / "jwks.json")
        where = {"realm": realm, "service": SERVICE, "issuer": ISSUER, "jwks": jwks}
        return {"token": where}

    async def answer(self, request: web.Request) -> web.Response:
        """A token for what was asked, as far as the asker may have it."""
        asked = {**request.query, **(await request.post())}
        may_push = asked.get("refresh_token") == REFRESH
        if given := request.headers.get("Authorization"):
            login = BasicAuth.decode(given)
            may_push = (login.login, login.password) == (USER, PASSWORD)
            if not may_push:
                return web.Response(status=401)
        _, name, actions = str(asked["scope"]).split(":")
        allowed = [each for each in actions.split(",") if may_push or each == "pull"]
        self.granted.append(f"{name}:{','.join(allowed)}")
        return web.json_response({"token": self._token(name, allowed)})

    def _token(self, name: str, actions: list[str]) -> str:
        now = int(time.time())
        access = [{"type": "repository", "name": name, "actions": actions}]
        claims = {"iss": ISSUER, "aud": SERVICE, "sub": USER, "jti": "1", "access": access}
        claims |= {"iat": now, "nbf": now - 5, "exp": now + self.lifetime}
        parts = [{"alg": "RS256", "typ": "JWT", "kid": KEY}, claims]
        signed = ".".join(_text(json.dumps(part).encode()) for part in parts)
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_text(signature)}"


@asynccontextmanager
async def token_server() -> AsyncIterator[tuple[TokenServer, str]]:
    """The server and the address of its tokens."""
    tokens = TokenServer()
    app = web.Application()
    app.router.add_route("*", "/token", tokens.answer)
    async with TestServer(app) as server:
        yield tokens, str(server.make_url("/token"))


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
