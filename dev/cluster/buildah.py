"""Building images without Docker: buildah with a storage of its own in the cache.

Steps of a Dockerfile run in a chroot with the machine's network. For their time, and only then,
pip's settings and the certificates of this machine are mounted over theirs.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.cluster.commands import run, succeeds
from dev.cluster.settings import Settings

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PIP_FOLDER = "/etc/xdg/pip"
_BUNDLE_VARIABLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# Of no use in a chroot: they name files or folders of this machine, or what pip there must not do.
_LEFT_OUT = {
    "cert",
    "client-cert",
    "find-links",
    "cache-dir",
    "target",
    "prefix",
    "require-virtualenv",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a build starts from; it borrows only where a base image has places to mount over."""

    file: Path
    context: Path
    arguments: Mapping[str, str]
    borrows: bool = True


def build(image: str, recipe: Recipe, settings: Settings) -> None:
    """Build an image for the architecture of its base, which is in the storage.

    Steps whose input has not changed are taken from the storage. Version 1.28 forgets other
    platforms than the one of a stage's FROM --platform, so it is told none: BUILDPLATFORM is empty.
    """
    command = [*_buildah(settings), "build", "--isolation=chroot", "--layers"]
    command += ["--format=docker", f"--tag={image}", f"--file={recipe.file}"]
    command += [f"--build-arg={name}={value}" for name, value in recipe.arguments.items()]
    with _configuration() as folder, _borrowed() as volumes:
        env = {"CONTAINERS_REGISTRIES_CONF": f"{folder}/registries.conf"}
        policy = f"--signature-policy={folder}/policy.json"
        command += ["--pull-never"]
        if recipe.borrows:
            command += [f"--volume={volume}:ro" for volume in volumes]
        run([*command, policy, recipe.context], env=env)


def has(image: str, settings: Settings) -> bool:
    """Whether the storage has an image."""
    return succeeds([*_buildah(settings), "inspect", "--type=image", image])


def identifier(image: str, settings: Settings) -> str:
    """Return the image's id, which is the digest of its configuration."""
    template = "--format={{.FromImageID}}"
    return run([*_buildah(settings), "inspect", "--type=image", template, image]).strip()


def configuration(image: str, settings: Settings) -> dict[str, Any]:
    """Return the image's configuration, as OCI has it."""
    told = json.loads(run([*_buildah(settings), "inspect", "--type=image", image]))
    found: dict[str, Any] = told["OCIv1"]
    return found


def pull(archive: Path, settings: Settings) -> None:
    """Put the image of an archive into the storage."""
    with _configuration() as folder:
        policy = f"--signature-policy={folder}/policy.json"
        run([*_buildah(settings), "pull", policy, f"docker-archive:{archive}"])


def fetch(image: str, architecture: str, name: str, settings: Settings) -> None:
    """Put the image that a registry has for an architecture into the storage, under a name."""
    with _configuration() as folder:
        policy = f"--signature-policy={folder}/policy.json"
        env = {"CONTAINERS_REGISTRIES_CONF": f"{folder}/registries.conf"}
        command = [*_buildah(settings), "pull", "--quiet", f"--arch={architecture}", policy, image]
        found = run(command, env=env).split()[-1]
    run([*_buildah(settings), "tag", found, name])


@contextmanager
def mounted(image: str, settings: Settings) -> Iterator[Path]:
    """Lend the root folder of an image of the storage, for reading."""
    with _configuration() as folder:
        policy = f"--signature-policy={folder}/policy.json"
        made = run([*_buildah(settings), "from", "--pull-never", "--quiet", policy, image]).strip()
    try:
        yield Path(run([*_buildah(settings), "mount", made]).strip())
    finally:
        run([*_buildah(settings), "rm", made])


def push(image: str, archive: Path, settings: Settings) -> None:
    """Write an image of the storage to an archive, which appears only when complete."""
    unfinished = archive.with_name(f".{archive.name}")
    unfinished.unlink(missing_ok=True)
    with _configuration() as folder:
        policy = f"--signature-policy={folder}/policy.json"
        run([*_buildah(settings), "push", policy, image, f"docker-archive:{unfinished}:{image}"])
    unfinished.replace(archive)


def push_layout(image: str, folder: Path, name: str, settings: Settings) -> None:
    """Write an image of the storage into an OCI layout, under a name."""
    with _configuration() as configuration:
        policy = f"--signature-policy={configuration}/policy.json"
        run([*_buildah(settings), "push", policy, "--format=oci", image, f"oci:{folder}:{name}"])


def pip_settings(environment: Mapping[str, str], configured: str) -> str:
    """Write pip's settings as a file: `pip config list`, overridden by the environment."""
    values: dict[str, str] = {}
    for line in configured.splitlines():
        name, _, value = line.partition("=")
        if name.startswith(("global.", "install.")):
            values[name.partition(".")[2]] = value.strip("'\"")
    for name, value in environment.items():
        if name.startswith("PIP_"):
            values[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    kept = {name: value for name, value in values.items() if name not in _LEFT_OUT}
    lines = [
        f"{name} = {value.replace(chr(92) + 'n', chr(10) + '  ')}" for name, value in kept.items()
    ]
    return "\n".join(["[global]", f"cert = {CERTIFICATES}", *lines, ""])


@contextmanager
def _borrowed() -> Iterator[list[str]]:
    """Lay out what is mounted into the chroot for the time of a build."""
    bundle = next(
        (os.environ[v] for v in _BUNDLE_VARIABLES if os.environ.get(v)), str(CERTIFICATES)
    )
    volumes = [f"{bundle}:{CERTIFICATES}"] if Path(bundle).is_file() else []
    with tempfile.TemporaryDirectory() as folder:
        pip = ["python3", "-m", "pip", "config", "list"]
        configured = run(pip) if succeeds(pip) else ""
        (Path(folder) / "pip.conf").write_text(pip_settings(os.environ, configured))
        Path(folder).chmod(0o755)
        yield [*volumes, f"{folder}:{PIP_FOLDER}"]


@contextmanager
def _configuration() -> Iterator[str]:
    """Write what buildah reads: short names are Docker's, local archives need no signature."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "policy.json").write_text(
            '{"default": [{"type": "insecureAcceptAnything"}]}'
        )
        registries = 'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "disabled"\n'
        (Path(folder) / "registries.conf").write_text(registries)
        yield folder


def _buildah(settings: Settings) -> list[str]:
    storage = settings.cache / "storage"
    return [
        "buildah",
        f"--root={storage}/root",
        f"--runroot={storage}/run",
        "--storage-driver=overlay",
    ]
